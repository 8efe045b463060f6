"""Weight files of published programs -> the architectures beside which this lies.

A recipe makes a `zoo.foreign.Conversion` of a `zoo.foreign.Network`: a name map, and
what the source predicts, by which `zoo.convert` proves it.
"""
