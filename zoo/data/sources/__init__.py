"""Files -> `zoo.data.Examples`, one source a file; `zoo.data` exports them."""
