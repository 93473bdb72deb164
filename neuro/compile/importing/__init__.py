"""What models of other tools have in common: leaky units in discrete time, and linear maps between them.

An importer turns its nodes or modules into the nouns of this folder (`LeakyUnits`, `LinearMap`, `WeightedSum`,
`Layer`), from which the folder makes populations, projections, inputs and ranges. Nothing here depends on NIR or torch.

    nodes of a NIR file ─┐   LeakyUnits   ─┐           state_ranges   ┌─ populations
                         ├─  LinearMap     ├─  Layer ──────────────►  ├─ projections   of a `Graph`
    modules of a model  ─┘   WeightedSum  ─┘                          └─ inputs
"""
