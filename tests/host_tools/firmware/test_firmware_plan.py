"""A planned firmware build: the command line, the files, and the project, which CMake reads with a stand-in for
ESP-IDF."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from click.testing import CliRunner

from picket_host.commands import build as command
from picket_host.errors import BuildError, EnvironmentError_, InputError
from picket_host.firmware import boards, plan, report
from picket_host.firmware.build import build
from picket_host.firmware.flash import Flash
from picket_host.native.selection import known_operators
from picket_host.paths import NATIVE
from picket_host.tflm_build import operators
from picket_host.vendor import vendor

HERE = Path(__file__).resolve().parent
EXPECTED = HERE / "expected" / "command.txt"


def words(planned: plan.Plan, tree: Path, monocypher: Path) -> list[str]:
    """The command line with this machine's folders replaced by names."""
    names = {
        str(planned.project): "<project>",
        str(planned.outputs[0].parent): "<build>",
        str(tree): "<micropython>",
        str(NATIVE): "<native_module>",
        str(monocypher): "<monocypher>",
    }
    text = list(planned.command)
    text[text.index("--user") + 1] = "<user>"
    for folder, name in sorted(names.items(), key=lambda entry: -len(entry[0])):
        text = [word.replace(folder, name) for word in text]
    return text


@pytest.mark.parametrize("board", boards.BOARDS, ids=lambda board: board.label)
def test_the_command_line_is_the_recorded_one(board, model, tmp_path):
    folders = vendor(["micropython", "monocypher"])
    planned = plan.make(board, [model], folder=tmp_path)
    recorded = EXPECTED.read_text().splitlines()
    arguments = [board.name, *([board.variant] if board.variant else ["<none>"])]
    expected = [word.replace("<board>", arguments[0]).replace("<variant>", arguments[1]) for word in recorded]
    actual = [word or "<none>" for word in words(planned, folders["micropython"], folders["monocypher"])]
    assert actual == expected


def test_the_projects_files_are_there(model, tmp_path):
    planned = plan.make(plan.board_of("ESP32_GENERIC_C3"), [model], folder=tmp_path)
    project = {str(path.relative_to(planned.project)) for path in planned.files if path.is_relative_to(planned.project)}
    assert project == {
        "CMakeLists.txt",
        "build.sh",
        "main/CMakeLists.txt",
        "main/idf_component.yml",
        "partitions.csv",
        "picket_settings.cmake",
        "picket_tflm_operators.def",
        "sdkconfig.picket",
    }
    assert all(path.is_file() for path in planned.files)
    assert subprocess.run(["sh", "-n", planned.project / "build.sh"]).returncode == 0
    assert (planned.project / "build.sh").stat().st_mode & 0o111
    components = (planned.project / "main" / "idf_component.yml").read_text()
    assert 'espressif/esp-tflite-micro: "==' in components
    assert 'espressif/esp-nn: "==' in components


def test_the_boards_own_files_are_micropythons():
    boards_folder = vendor(["micropython"])["micropython"] / "ports" / "esp32" / "boards"
    for board in boards.BOARDS:
        definition = (boards_folder / board.name / "mpconfigboard.cmake").read_text()
        assert f"set(IDF_TARGET {board.target})" in definition or board.target == "esp32"
        if board.variant:
            assert (boards_folder / board.name / f"mpconfigvariant_{board.variant}.cmake").is_file()


@pytest.mark.parametrize("board", boards.BOARDS, ids=lambda board: board.label)
def test_cmake_reads_the_project(board, model, tmp_path):
    if not shutil.which("cmake"):
        pytest.skip("cmake is not installed")
    planned = plan.make(board, [model], folder=tmp_path)
    real = vendor(["micropython"])["micropython"]
    fake = tmp_path / "micropython"
    (fake / "ports" / "esp32").mkdir(parents=True)
    (fake / "py").symlink_to(real / "py")
    (fake / "ports" / "esp32" / "boards").symlink_to(real / "ports" / "esp32" / "boards")
    shutil.copy(HERE / "fake_port.cmake", fake / "ports" / "esp32" / "esp32_common.cmake")
    # The container's folders, as this machine has them.
    settings = planned.project / plan.SETTINGS_NAME
    monocypher = vendor(["monocypher"])["monocypher"]
    text = re.sub(r" /monocypher\b", f" {monocypher}", settings.read_text())
    settings.write_text(text.replace(" /project", f" {planned.project}"))
    done = subprocess.run(
        [
            "cmake", "-DCMAKE_C_COMPILER_WORKS=1", "-DCMAKE_CXX_COMPILER_WORKS=1",
            "-S", planned.project, "-B", tmp_path / "cmake", f"-DMICROPY_DIR={fake}",
            f"-DMICROPY_BOARD={board.name}", f"-DMICROPY_BOARD_VARIANT={board.variant}",
            f"-DUSER_C_MODULES={NATIVE / 'binding' / 'micropython.cmake'}", f"-DPICKET_SETTINGS={settings}",
        ],
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "IDF_PATH": str(HERE / "fake_idf"), "MICROPY_DIR": str(fake)},
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Warning" not in done.stderr

    def said(name: str) -> list[str]:
        return (tmp_path / "cmake" / f"{name}.txt").read_text().split(";")

    sources = [Path(path) for path in said("sources")]
    assert all(path.is_file() for path in sources)
    assert {"engine_tflm.cpp", "module.c", "verify.c", "vibration.c", "monocypher.c"} <= {path.name for path in sources}
    assert all(Path(path).is_dir() for path in said("includes"))
    assert (planned.project / operators.LIST_NAME).parent in [Path(path) for path in said("includes")]
    assert "espressif__esp-tflite-micro" in said("requires")
    assert said("required_early") == said("requires")
    assert "PICKET_TFLM_TRUST_UNCHECKED=0" in said("definitions")
    assert "PICKET_OP_CONV_2D=1" in said("definitions")
    assert said("target") == [board.target if board.target != "esp32" else ""]
    config = (tmp_path / "cmake" / "sdkconfig.combined").read_text()
    assert config.index("partitions-4MiB.csv") < config.index('"partitions.csv"')  # the later one wins
    assert "CONFIG_BOOTLOADER_APP_ROLLBACK_ENABLE=y" in config
    assert ("CONFIG_SPIRAM_MODE_OCT=y" in config) == (board.variant == "SPIRAM_OCT")


def test_the_operators_that_are_left_out_are_counted(model, tmp_path):
    chosen = plan.make(plan.board_of("ESP32_GENERIC"), [model], folder=tmp_path / "a")
    everything = plan.make(plan.board_of("ESP32_GENERIC"), [model], "all", folder=tmp_path / "b")
    assert len(chosen.operators) + chosen.left_out == len(everything.operators) == len(operators.ALL)
    assert chosen.unchecked == "" and everything.unchecked
    assert set(chosen.operators) <= known_operators()


def test_source_without_submodules_is_named(model, tmp_path):
    planned = plan.make(plan.board_of("ESP32_GENERIC"), [model], folder=tmp_path)
    assert any("git submodule update --init" in text for text in planned.missing)
    with pytest.raises(EnvironmentError_, match="ESP32_GENERIC"):
        build(planned)


@pytest.mark.parametrize(
    "script,complaint",
    [("exit 0", []), ("exit 1", ["docker's service does not answer"]), (None, ["docker is not installed"])],
    ids=["answers", "no service", "not installed"],
)
def test_what_keeps_docker_from_running_is_named(script, complaint, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    if script:
        (tmp_path / "docker").write_text(f"#!/bin/sh\n{script}\n")
        (tmp_path / "docker").chmod(0o755)
    said = [text.split(":")[0] for text in plan._missing(tmp_path) if "docker" in text]
    assert said == complaint


def test_source_that_is_not_micropython_is_refused(model, tmp_path):
    with pytest.raises(InputError, match="not MicroPython's source"):
        plan.make(plan.board_of("ESP32_GENERIC"), [model], micropython=tmp_path)


@pytest.fixture
def runnable(model, tmp_path):
    """A plan whose container is a shell script in its place."""
    planned = plan.make(plan.board_of("ESP32_GENERIC"), [model], folder=tmp_path)

    def with_script(script: str) -> plan.Plan:
        return dataclasses.replace(planned, missing=(), command=("sh", "-c", script.format(*planned.outputs)))

    return with_script


def test_what_the_container_makes_is_found(runnable):
    script = 'mkdir -p "$(dirname {1})"; echo "[1/2] Building"; printf image > {0}; printf application > {1}'
    firmware = build(runnable(script))
    assert (firmware.application_bytes, firmware.slot_bytes) == (11, 0x1A0000)
    assert firmware.image.read_text() == "image"


def test_an_application_that_no_slot_holds_is_an_error(runnable):
    script = 'mkdir -p "$(dirname {1})"; touch {0}; truncate -s 2M {1}'
    with pytest.raises(BuildError, match="the application takes 2,097,152 bytes, a slot has 1,703,936"):
        build(runnable(script))


def test_the_containers_errors_are_shown(runnable):
    with pytest.raises(BuildError, match=r"fatal error: no_such\.h.*build\.log"):
        build(runnable('echo "x.c:1: fatal error: no_such.h"; exit 2'))


def test_a_dry_run_reports_without_docker(model):
    arguments = ["--board", "ESP32_GENERIC_C3", "--models", str(model), "--dry-run"]
    shown = CliRunner().invoke(command.firmware, arguments)
    assert shown.exit_code == 0, shown.output
    assert "ESP32_GENERIC_C3" in shown.output
    said = json.loads(CliRunner().invoke(command.firmware, [*arguments, "--json"]).output)
    assert said["plan"]["board"]["target"] == "esp32c3"
    assert said["plan"]["image"] == "espressif/idf:v5.2.2"
    assert [partition["name"] for partition in said["plan"]["partitions"]][-1] == "vfs"
    assert said["firmware"] is None
    assert said["flash"] is None
    assert "flash saved:        not known without --tflm-root" in shown.output


def test_the_documentation_has_the_report_of_each_board():
    page = (NATIVE / "engine_tflm" / "README.md").read_text(encoding="utf-8")
    (arguments,) = re.findall(r"^    picket build firmware (--all-boards .*)$", page, flags=re.MULTILINE)
    shown = CliRunner().invoke(command.firmware, arguments.split())
    assert shown.exit_code == 0, shown.output
    assert len(shown.output.splitlines()) == 2 + len(boards.BOARDS)
    assert shown.output in page


def test_a_report_of_all_boards_has_each_plan():
    arguments = ["--all-boards", "--ops", "CONV_2D", "--dry-run"]
    plans = json.loads(CliRunner().invoke(command.firmware, [*arguments, "--json"]).output)["plans"]
    assert [each["board"]["target"] for each in plans] == [board.target for board in boards.BOARDS]
    shown = CliRunner().invoke(command.firmware, arguments).output
    assert all(f"board:              {board.label}:" in shown for board in boards.BOARDS)


def test_saved_flash_that_was_measured_is_in_the_table(model, tmp_path):
    planned = plan.make(plan.board_of("ESP32_GENERIC_C3"), [model], folder=tmp_path)
    table = report.markdown([planned], Flash(60_000, 210_000, "rv32imc"))
    assert "| 150,000 bytes (linked for rv32imc, without ESP-NN) |" in table


@pytest.mark.parametrize(
    "arguments",
    [
        ["--ops", "CONV_2D", "--dry-run"],
        ["--board", "ESP32_GENERIC", "--all-boards", "--dry-run"],
        ["--all-boards", "--ops", "CONV_2D"],
        ["--board", "ESP32_GENERIC", "--markdown"],
        ["--all-boards", "--variant", "SPIRAM", "--dry-run"],
    ],
    ids=["no board", "one and all", "all to be built", "a table of a build", "a variant of all"],
)
def test_options_that_contradict_each_other_are_wrong_usage(arguments):
    assert CliRunner().invoke(command.firmware, arguments).exit_code == 2
