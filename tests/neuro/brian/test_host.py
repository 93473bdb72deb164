"""Running Brian2 leaves the process unchanged: without a compiler, without Brian2, after an error and after Ctrl-C."""

from __future__ import annotations

import gc
import subprocess
import sys
import warnings

import brian2
import numpy as np
import pytest

from quantal.neuro.brian import exact, host
from quantal.neuro.brian.exact import twin
from quantal.neuro.brian.exact.code import CythonCode, SharedCode, with_numbered_arrays
from quantal.neuro.errors import QuantalError
from quantal.neuro.simulate import reference

from support.networks import everything_drive, everything_network

IMPORT = """
import logging, os, signal, sys, warnings
def state():
    hooks = sys.excepthook, warnings.showwarning, logging._warnings_showwarning, signal.getsignal(signal.SIGINT)
    return hooks, os.listdir(os.environ["TMPDIR"])
before = state()
from quantal.neuro.brian import exact
assert "brian2" in sys.modules
assert state() == before, (state(), before)
import brian2
brian2.get_logger("brian2").debug("no handler listens")
"""


def run(steps: int = 5):
    return exact.run(everything_network(), everything_drive(1, steps), steps)


def switches():
    return (
        brian2.prefs.codegen.target,
        brian2.BrianLogger.console_handler.level,
        brian2.Network._globally_running,
    )


@pytest.mark.parametrize("compiler", ["no-such-compiler", f"{sys.executable} no_such_compiler.py"])
def test_without_a_compiler_one_warning_and_the_same_result(monkeypatch, tmp_path, capfd, compiler):
    monkeypatch.setenv("CC", compiler)
    monkeypatch.setenv("CXX", compiler)
    monkeypatch.setitem(brian2.prefs, "codegen.runtime.cython.cache_dir", str(tmp_path / "cache"))
    network, drive = everything_network(), everything_drive(2, 8)
    with pytest.warns(UserWarning, match="no working C.. compiler") as caught:
        trace = exact.run(network, drive, 8)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    assert capfd.readouterr() == ("", "")
    np.testing.assert_array_equal(trace.messages["latent"], reference.run(network, drive, 8).messages["latent"])


def test_invalid_equations_are_not_taken_for_a_missing_compiler(monkeypatch):
    monkeypatch.setattr(CythonCode, "compile_block", lambda self, block: None)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(Exception, match="preparing an object") as error:
            run()
    assert "Cython can't read" in str(error.value.__cause__)


def test_without_brian2_the_error_says_how_to_install_it(monkeypatch):
    monkeypatch.setitem(sys.modules, "brian2", None)
    with pytest.raises(QuantalError) as error:
        host.import_brian2()
    assert "Brian2 can't be imported" in str(error.value)
    assert 'pip install "quantal[brian2]"' in str(error.value)


def test_importing_changes_no_hook_and_leaves_no_file(tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    done = subprocess.run([sys.executable, "-c", IMPORT], capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert not [*tmp_path.iterdir()]


def test_a_run_restores_settings_and_frees_its_groups(capfd):
    gc.collect()
    before, groups = switches(), alive()
    run()
    gc.collect()
    assert switches() == before
    assert alive() <= groups
    assert capfd.readouterr() == ("", "")


def alive() -> int:
    # `type` does not touch the object, which may be a weak reference to one that is gone.
    return sum(issubclass(type(item), (brian2.NeuronGroup, brian2.Synapses)) for item in gc.get_objects())


def interrupt(*arguments):
    raise KeyboardInterrupt


def stop(*arguments):
    """Do what Brian2 does at Ctrl-C when its own handler is installed."""
    brian2.stop()
    return np.zeros((len(arguments[-2]), arguments[-1]), np.int64)


@pytest.mark.parametrize("at_ctrl_c", [interrupt, stop])
def test_ctrl_c_ends_a_run_and_resets_brian2(monkeypatch, at_ctrl_c):
    before = switches()
    monkeypatch.setattr(twin, "uniform_draws", at_ctrl_c)
    with pytest.raises(KeyboardInterrupt):
        run()
    assert switches() == before
    monkeypatch.undo()
    assert run().messages


def test_another_device_is_refused(monkeypatch):
    monkeypatch.setattr(brian2.devices.device, "active_device", None, raising=False)
    monkeypatch.setattr(brian2, "get_device", lambda: brian2.all_devices["cpp_standalone"])
    with pytest.raises(QuantalError, match="another device"):
        run()


def test_code_of_equal_kinds_is_equal_whatever_their_names():
    one, other = "_array_latent_u[_idx] += _buf__array_error_v", "_array_x_u[_idx] += _buf__array_y_v"
    assert with_numbered_arrays(one) == with_numbered_arrays(other) != one
    first, second = "_array_a_u + _array_a_v", "_array_a_u + _array_a_u"
    assert with_numbered_arrays(first) != with_numbered_arrays(second)


def test_brian2_may_be_set_to_numpy(monkeypatch):
    monkeypatch.setitem(brian2.prefs, "codegen.target", "numpy")
    monkeypatch.setattr(SharedCode, "compile_block", lambda self, block: pytest.fail("compiles"))
    run()
