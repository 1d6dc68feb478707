"""The verbs of the front door: `import cosmograd as cg`, then `cg.predict(…)`.

Each takes what people have, checks it, computes in float64 for the time of the call, and returns a `Result` (or a
`TangentKernel`, which shows itself alike). For
derivatives and batches use the functions of the folders below, which work on traced arrays.
"""
