# make build       a virtual environment in .venv, and specs/ compiled into generated/
# make test        the whole check: style, types, tests, drift; installs what it needs
# make test-newest the tests that run promtool, amtool and Prometheus, on their newest releases (needs go)
# make test-detection test-labels  when burn-rate alerts fire in many outages, as promtool sees them (ten minutes)
# make fuzz        who is told, held against Alertmanager for CASES=20000 cases (SEED=n repeats a run; more of it with go)
# make test-labels  which labels results have, over 20,000 random expressions, as promtool sees them (two minutes)
# make test-kubernetes  manifests before the API server's own validation (needs go)
# make test-pythons  the tests on every other supported Python that is found
# make mutate      every change of every alert of specs/ that a test has to notice (minutes)
# make docs        README.md and docs/ with the keys, examples and outputs of today
# make bench, make lint, make format, make clean
#
# PYTHON=/path/to/python3 chooses the interpreter of the virtual environment (3.11 or newer).

SHELL := /bin/sh
BIN := .venv/bin
PIP := -m pip install --quiet --disable-pip-version-check
PYTHON ?=
PYTHONS := 3.11 3.12 3.13 3.14
SYSTEMS_CHECK := ../shared/systems/check.py
USABLE := import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))
APT := RUNLEVEL=1 DEBIAN_FRONTEND=noninteractive apt-get
CAN_APT := [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null

.PHONY: build test mutate lint format check-systems servers node extras browser test-newest test-detection fuzz test-kubernetes test-pythons docs schema bench clean

build: .venv/.installed
	$(BIN)/monitorspec build specs/

test: .venv/.dev servers node extras
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	MONITORSPEC_REQUIRE_TOOLS=1 MONITORSPEC_NETWORK=1 $(BIN)/python -m pytest -n 2
	$(BIN)/monitorspec build --check specs/
	@if [ -f $(SYSTEMS_CHECK) ]; then $(MAKE) --no-print-directory check-systems; fi

mutate: .venv/.installed servers
	$(BIN)/monitorspec test --mutate specs/

check-systems: .venv/.dev
	$(BIN)/python $(SYSTEMS_CHECK) --must-only generated

lint: .venv/.dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: .venv/.dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

schema: .venv/.installed
	$(BIN)/monitorspec schema > schemas/.new && mv schemas/.new schemas/monitorspec.schema.json

docs: schema
	PYTHONPATH=. $(BIN)/python docs/refresh.py

bench: .venv/.installed
	$(BIN)/python benchmarks/bench.py

clean:
	rm -rf .venv .tools .pytest_cache .mypy_cache .ruff_cache .hypothesis build dist

# The virtual environment. Debian splits venv and ensurepip from python3: a python3 without them is no use.
.venv/bin/python:
	@set -eu; \
	usable() { command -v "$$1" >/dev/null 2>&1 && "$$1" -c '$(USABLE)' >/dev/null 2>&1; }; \
	found=; \
	for python in $(if $(PYTHON),"$(PYTHON)",python3 $(addprefix python,$(PYTHONS)) /usr/bin/python3); do \
	  if usable "$$python"; then found=$$python; break; fi; \
	done; \
	if [ -z "$$found" ] && [ -z "$(PYTHON)" ]; then \
	  if $(CAN_APT); then \
	    echo "No Python 3.11 with venv here: installing python3-venv"; \
	    $(APT) update -qq && $(APT) install -y -qq --no-install-recommends python3 python3-venv; \
	    if usable /usr/bin/python3; then found=/usr/bin/python3; fi; \
	  else \
	    echo "No Python 3.11 or newer with venv was found. Run: sudo apt-get install -y python3-venv" >&2; exit 1; \
	  fi; \
	fi; \
	if [ -z "$$found" ]; then \
	  echo "$(if $(PYTHON),$(PYTHON) is not,This system has no) Python 3.11 or newer with venv. Run: make build PYTHON=/path/to/python3.11" >&2; exit 1; \
	fi; \
	"$$found" -m venv --clear .venv

.venv/.installed: .venv/bin/python pyproject.toml constraints.txt
	$(BIN)/python $(PIP) -e . -c constraints.txt
	@touch $@

.venv/.dev: .venv/.installed
	$(BIN)/python $(PIP) -e '.[dev]' -c constraints.txt
	@touch $@

# promtool, amtool and the two servers that tests start for themselves. The packages also bring services, which are
# not wanted: RUNLEVEL=1 keeps them from being started, and those that came up all the same are stopped.
servers:
	@set -eu; \
	has() { command -v "$$1" >/dev/null 2>&1; }; \
	if has promtool && has amtool && has prometheus && { has alertmanager || has prometheus-alertmanager; }; then exit 0; fi; \
	if ! { $(CAN_APT); }; then \
	  echo "promtool, amtool, prometheus or alertmanager is not on PATH." \
	    "Run: sudo apt-get install -y --no-install-recommends prometheus prometheus-alertmanager" >&2; exit 1; \
	fi; \
	echo "Installing promtool, amtool and their servers"; \
	new=; for service in prometheus prometheus-alertmanager prometheus-node-exporter; do \
	  [ -e "/etc/init.d/$$service" ] || new="$$new $$service"; \
	done; \
	$(APT) update -qq; \
	$(APT) install -y -qq --no-install-recommends prometheus prometheus-alertmanager; \
	for service in $$new; do invoke-rc.d "$$service" stop >/dev/null 2>&1 || true; done

# Node.js runs the script of canaries in a test.
node:
	@set -eu; \
	if command -v node >/dev/null 2>&1; then exit 0; fi; \
	if ! { $(CAN_APT); }; then echo "node is not on PATH. Run: sudo apt-get install -y --no-install-recommends nodejs" >&2; exit 1; fi; \
	echo "Installing Node.js"; \
	$(APT) update -qq; \
	$(APT) install -y -qq --no-install-recommends nodejs

# What few tests look at, which are skipped without it: Chromium lays out the comment of a review, actionlint reads the workflow.
extras:
	@$(MAKE) --no-print-directory browser || echo "Going on without a browser: the tests of what a reviewer sees are skipped"
	@if command -v go >/dev/null 2>&1 && ! timeout 180 $(MAKE) --no-print-directory .tools/bin/actionlint; then \
	  echo "Going on without actionlint: the tests that run it are skipped"; \
	fi

browser:
	@set -eu; \
	for name in chromium chromium-browser google-chrome google-chrome-stable chrome; do \
	  if command -v "$$name" >/dev/null 2>&1; then exit 0; fi; \
	done; \
	if ! { $(CAN_APT); }; then echo "chromium is not on PATH. Run: sudo apt-get install -y --no-install-recommends chromium" >&2; exit 1; fi; \
	echo "Installing Chromium"; \
	timeout 60 env $(APT) update -qq; \
	timeout 300 env $(APT) install -y -qq --no-install-recommends chromium

# The newest releases, as dependencies of a scratch module: `go install` refuses modules with replace directives. The
# Alertmanager server is built from a copy with empty web pages, because those are not in the module.
# A version v0.305.1 of the module is Prometheus 3.5.1.
.tools/bin/promtool:
	@command -v go >/dev/null || { echo "go is not on PATH. Run: sudo apt-get install -y golang-go, or take https://go.dev/dl" >&2; exit 1; }
	@mkdir -p .tools/module .tools/bin && echo '*' > .tools/.gitignore
	@set -eu; cd .tools/module; \
	[ -f go.mod ] || go mod init tools; \
	go get github.com/prometheus/prometheus/cmd/promtool@latest github.com/prometheus/prometheus/cmd/prometheus@latest \
	  github.com/prometheus/alertmanager/cmd/amtool@latest github.com/prometheus/alertmanager/cmd/alertmanager@latest; \
	prometheus=$$(go list -m -f '{{.Version}}' github.com/prometheus/prometheus); \
	alertmanager=$$(go list -m -f '{{.Version}}' github.com/prometheus/alertmanager); \
	number=$$(echo "$$prometheus" | sed -E 's/^v0\.([0-9])0*([0-9]+)\./\1.\2./; s/^v//'); \
	flag='-X github.com/prometheus/common/version.Version'; \
	go build -ldflags "$$flag=$${alertmanager#v}" -o ../bin/ github.com/prometheus/alertmanager/cmd/amtool; \
	rm -rf ../alertmanager; \
	cp -r --no-preserve=mode "$$(go list -m -f '{{.Dir}}' github.com/prometheus/alertmanager)" ../alertmanager; \
	for page in elm mantine; do mkdir -p ../alertmanager/ui/app/dist/$$page; touch ../alertmanager/ui/app/dist/$$page/index.html; done; \
	(cd ../alertmanager && go build -ldflags "$$flag=$${alertmanager#v}" -o ../bin/ ./cmd/alertmanager); \
	go build -ldflags "$$flag=$$number" -o ../bin/ github.com/prometheus/prometheus/cmd/prometheus; \
	go build -ldflags "$$flag=$$number" -o ../bin/ github.com/prometheus/prometheus/cmd/promtool

# Checks workflows of GitHub Actions, in a test.
ACTIONLINT := v1.7.12
.tools/bin/actionlint:
	@mkdir -p .tools/bin && echo '*' > .tools/.gitignore
	GOBIN="$(CURDIR)/.tools/bin" go install github.com/rhysd/actionlint/cmd/actionlint@$(ACTIONLINT)

test-newest: .venv/.dev servers .tools/bin/promtool
	PATH="$(CURDIR)/.tools/bin:$$PATH" MONITORSPEC_REQUIRE_TOOLS=1 $(BIN)/python -m pytest -m tools -n 2

# Detection times of many objectives, error ratios and periods, as promtool sees them: ten minutes.
test-detection: .venv/.dev servers
	MONITORSPEC_DETECTION=long MONITORSPEC_REQUIRE_TOOLS=1 $(BIN)/python -m pytest tests/test_detection.py -n 2

# Inferred labels of many random expressions, held against what promtool returns.
test-labels: .venv/.dev servers
	MONITORSPEC_CASES=20000 MONITORSPEC_REQUIRE_TOOLS=1 $(BIN)/python -m pytest tests/promql/test_label_flow.py -n 2

# Alertmanager's own packages, as a program that answers what amtool and the server answer too slowly or not at all.
.tools/bin/amcheck: tests/oracle/alertmanager/go.mod tests/oracle/alertmanager/main.go
	@command -v go >/dev/null || { echo "go is not on PATH. Run: sudo apt-get install -y golang-go, or take https://go.dev/dl" >&2; exit 1; }
	@mkdir -p .tools/amcheck .tools/bin && echo '*' > .tools/.gitignore && cp $^ .tools/amcheck/
	@cd .tools/amcheck && go mod tidy && go build -o ../bin/amcheck .

CASES := 20000
SEED :=
fuzz: .venv/.dev servers $(if $(shell command -v go 2>/dev/null),.tools/bin/amcheck)
	MONITORSPEC_FUZZ=$(CASES) MONITORSPEC_FUZZ_SEED=$(SEED) MONITORSPEC_REQUIRE_TOOLS=1 $(BIN)/python -m pytest -n 2 tests/oracle

# What Kubernetes' API server does before it takes an object, as a program.
.tools/bin/kubecheck: tests/kubernetes/apiserver/go.mod tests/kubernetes/apiserver/main.go
	@command -v go >/dev/null || { echo "go is not on PATH. Run: sudo apt-get install -y golang-go, or take https://go.dev/dl" >&2; exit 1; }
	@mkdir -p .tools/kubecheck .tools/bin && echo '*' > .tools/.gitignore && cp $^ .tools/kubecheck/
	@cd .tools/kubecheck && go mod tidy && go build -o ../bin/kubecheck .

test-kubernetes: .venv/.dev .tools/bin/kubecheck
	$(BIN)/python -m pytest tests/kubernetes

# Every other Python in reach, each in an environment of its own; a version manager's shim that resolves to nothing
# counts as absent.
test-pythons: .venv/.dev servers node
	@set -eu; mkdir -p .tools && echo '*' > .tools/.gitignore; \
	mine=$$($(BIN)/python -c 'import sys; print("%d.%d" % sys.version_info[:2])'); \
	for version in $(PYTHONS); do \
	  [ "$$version" = "$$mine" ] && { echo "== Python $$version is the one of make test"; continue; }; \
	  found=; \
	  for python in "python$$version" "$$HOME"/.pyenv/versions/"$$version".*/bin/python3 "/usr/bin/python$$version"; do \
	    if "$$python" -c '$(USABLE)' >/dev/null 2>&1; then found=$$python; break; fi; \
	  done; \
	  [ -n "$$found" ] || { echo "== Python $$version is not here"; continue; }; \
	  echo "== Python $$version"; \
	  env=.tools/python$$version; \
	  [ -x $$env/bin/python ] || "$$found" -m venv --clear $$env; \
	  if [ ! -f $$env/.dev ] || [ pyproject.toml -nt $$env/.dev ] || [ constraints.txt -nt $$env/.dev ]; then \
	    $$env/bin/python $(PIP) -e '.[dev]' -c constraints.txt; touch $$env/.dev; \
	  fi; \
	  MONITORSPEC_REQUIRE_TOOLS=1 $$env/bin/python -m pytest -n 2 -p no:cacheprovider; \
	done
