"""Files -> `zoo.data.Examples`, one source per file; `zoo.data` exports them."""
