"""The functions behind commands that take seconds to import (torch, matplotlib), imported when they are first called.

Commands import them from here, so that `--help` and a mistyped command line are answered immediately.
"""

from __future__ import annotations

from quantal.training.lazy import LazyFunction

named_graph = LazyFunction("quantal.training.export.graph_of_file:named_graph")
load_poisson_vae_checkpoint = LazyFunction("quantal.training.learn.poisson_vae_checkpoint:load_poisson_vae_checkpoint")
load_classifier_checkpoint = LazyFunction("quantal.training.learn.classifier_checkpoint:load_classifier_checkpoint")
save_picture = LazyFunction("quantal.commands.report.file_pictures:save_picture")
Plan = LazyFunction("quantal.bench.experiments.demo:Plan")
run_demo = LazyFunction("quantal.bench.experiments.demo:run_demo")
write_report = LazyFunction("quantal.commands.report.demo:write_report")
import_nir = LazyFunction("quantal.neuro.nir.convert:import_nir")
export_nir = LazyFunction("quantal.neuro.nir.convert:export_nir")
