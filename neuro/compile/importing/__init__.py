"""What models of other tools have in common: leaky units, and linear maps between them, at a time step.

An importer turns its nodes or modules into the nouns of this folder (`LeakyUnits`, `LinearMap`, `WeightedSum`, `Layer`)
and takes populations, projections, inputs and ranges from it. Nothing here knows of NIR or of torch.

    nodes of a NIR file ─┐   LeakyUnits   ─┐           state_ranges   ┌─ populations
                         ├─  LinearMap     ├─  Layer ──────────────►  ├─ projections   of a `Graph`
    modules of a model  ─┘   WeightedSum  ─┘                          └─ inputs
"""
