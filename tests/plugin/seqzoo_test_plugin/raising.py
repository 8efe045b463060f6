raise RuntimeError("this module raises")
