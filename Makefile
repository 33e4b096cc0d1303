# On a fresh machine each of these makes .venv, installs crnwidgets into it and does what it says:
#   make lab     opens copies of the tutorials in JupyterLab; ARGS="--no-browser" is passed on to JupyterLab
#   make test    runs all tests and all tutorials
#   make check   checks style and types
#   make clean   removes what was built here
# Python 3.11 or newer is needed; PYTHON names one that is not called python3.

PYTHON ?= python3
VENV := .venv
RUN := $(VENV)/bin/python -m
FRONTEND := crnwidgets/widgets/frontend
NATIVE := crnwidgets/dynamics/native
INSTALLED := $(VENV)/installed

.PHONY: lab test check clean

lab: $(INSTALLED)
	$(VENV)/bin/crnwidgets lab -- $(ARGS)

test: $(INSTALLED)
	chromium="$$($(VENV)/bin/python tests/tools.py --install)" && \
	CHROMIUM="$$chromium" $(RUN) pytest --nbmake tests notebooks

check: $(INSTALLED)
	$(RUN) ruff check
	$(RUN) ruff format --check
	$(RUN) mypy

clean:
	rm -rf $(VENV) build dist $(FRONTEND)/node_modules crnwidgets/widgets/static $(NATIVE)/kernel.so

# Installs again only when what is installed, bundled or compiled has changed.
$(INSTALLED): pyproject.toml $(wildcard $(FRONTEND)/*.* $(FRONTEND)/src/*.* $(FRONTEND)/src/*/*.*) \
  $(NATIVE)/build.py $(NATIVE)/kernel.cc $(wildcard $(NATIVE)/*.h)
	test -x $(VENV)/bin/python || $(PYTHON) -m venv $(VENV)
	$(RUN) pip install -e '.[test]'
	touch $@
