"""Every public name, and the module that `import quantal` loads it from when it is first used."""

# Grouped for readers, not sorted.

# The nouns: a float graph, an integer network, what a run did, and the one error.
from .neuro.network.graph import Graph as Graph
from .neuro.network.graph import FloatPopulation as FloatPopulation, FloatProjection as FloatProjection
from .neuro.network.graph import SampleRange as SampleRange
from .neuro.network.count_network import CountNetwork as CountNetwork
from .neuro.network.count_network import Population as Population, Projection as Projection
from .neuro.network.count_network import Input as Input, Readout as Readout
from .neuro.network.trace import Trace as Trace, Recording as Recording, Snapshot as Snapshot
from .neuro.errors import QuantalError as QuantalError, Refusal as Refusal, MissingPackage as MissingPackage

# Neurons, in integers and in floats: first how input becomes state, then how state becomes a message.
from .neuro.neurons import Cuba as Cuba, FloatCuba as FloatCuba
from .neuro.neurons import Accumulator as Accumulator, FloatAccumulator as FloatAccumulator
from .neuro.neurons import Carry as Carry, FloatCarry as FloatCarry
from .neuro.neurons import Memoryless as Memoryless, FloatMemoryless as FloatMemoryless
from .neuro.neurons import Spike as Spike, FloatSpike as FloatSpike
from .neuro.neurons import PoissonCount as PoissonCount, FloatPoissonCount as FloatPoissonCount
from .neuro.neurons import Graded as Graded, FloatGraded as FloatGraded
from .neuro.neurons import Rectified as Rectified, FloatRectified as FloatRectified
from .neuro.neurons import SigmaDelta as SigmaDelta, FloatSigmaDelta as FloatSigmaDelta
from .neuro.neurons import Categorical as Categorical, FloatCategorical as FloatCategorical
from .neuro.neurons import Table as Table, FloatTable as FloatTable
from .neuro.neurons import TableDraw as TableDraw, FloatTableDraw as FloatTableDraw, gaussian_noise as gaussian_noise
from .neuro.neurons import Silent as Silent, FloatSilent as FloatSilent

# Synapses.
from .neuro.synapses import Dense as Dense, FloatDense as FloatDense
from .neuro.synapses import Sparse as Sparse, FloatSparse as FloatSparse
from .neuro.synapses import FloatDiagonal as FloatDiagonal
from .neuro.synapses import Convolution as Convolution, FloatConvolution as FloatConvolution

# Learning rules, and the network that keeps what was learned.
from .neuro.synapses.plasticity import Outer as Outer, Term as Term, register_plasticity as register_plasticity
from .neuro.network.learned import frozen as frozen

# From a theory, a trained model or a NIR file to a graph.
from .neuro.circuits.poisson_vae import PoissonVae as PoissonVae
from .neuro.circuits.poisson_vae import lateral_competition as lateral_competition
from .neuro.circuits.poisson_vae import predictive_coding as predictive_coding
from .training.export.norse import from_norse as from_norse
from .training.export.weights import load_weights as load_weights
from .training.export.poisson_vae import to_parameters as to_parameters
from .neuro.nir import NirGraph as NirGraph, NirNode as NirNode, read_nir as read_nir, write_nir as write_nir
from .neuro.nir import to_graph as to_graph, from_graph as from_graph

# Training.
from .training.data.samples import Samples as Samples, load_samples as load_samples
from .training.learn.poisson_vae_settings import PoissonVaeSettings as PoissonVaeSettings
from .training.learn.poisson_vae import fit_poisson_vae as fit_poisson_vae, load_poisson_vae as load_poisson_vae
from .training.learn.classifier_settings import ClassifierSettings as ClassifierSettings
from .training.learn.classifier import fit_classifier as fit_classifier, load_classifier as load_classifier

# From a graph to an integer network.
from .neuro.compile import Options as Options, Report as Report
from .neuro.compile import compile_graph as compile_graph, run_passes as run_passes
from .neuro.compile.calibrate import calibrated as calibrated
from .neuro.compile.delays import by_delay as by_delay
from .neuro.network.latency import latency_steps as latency_steps
from .neuro.network.inputs import host_share as host_share
from .neuro.network.verify import verify as verify
from .neuro.network.text import text as text

# Samples in, runs, estimates out.
from .neuro.simulate.drive import Drive as Drive, encode as encode, decode as decode
from .neuro.simulate.random_drive import random_drive as random_drive
from .neuro.engine import run as run, infer as infer
from .neuro.simulate.floats import FloatTrace as FloatTrace, simulate as simulate, simulate_states as simulate_states
from .hardware.backends import BACKENDS as BACKENDS, backend as backend

# Whether two runs are the same, and where they part.
from .neuro.compare.traces import Agreement as Agreement, Difference as Difference, check as check, compare as compare
from .neuro.compare.certificate import Certificate as Certificate, certify as certify
from .hardware.check import check_network as check_network

# Files.
from .neuro.network.files import load_network as load_network, save_network as save_network
from .neuro.network.files import load_trace as load_trace, save_trace as save_trace
from .neuro.network.files import load_snapshot as load_snapshot, save_snapshot as save_snapshot
from .neuro.network.files import content_hash as content_hash
from .neuro.network.graph_files import load_graph as load_graph, save_graph as save_graph

# Kinds, circuits, backends and recipes of other packages.
from .neuro.neurons import register_integration as register_integration, register_emission as register_emission
from .neuro.synapses import register_weight as register_weight
from .neuro.engine.kernels import register_kernel as register_kernel
from .neuro.circuits import CIRCUITS as CIRCUITS, register_circuit as register_circuit
from .hardware.backends import register_backend as register_backend
from .training.recipes import RECIPES as RECIPES, register_recipe as register_recipe
