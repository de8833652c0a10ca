# 水宣: every command a person needs. `make help` lists them.

LISTEN ?= 127.0.0.1:8080
DATA   ?= ./data

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

# go.mod and go.sum are never changed by a build. VCS stamping is off because it
# stops the build when the clone belongs to another user; VERSION says the same.
export GOFLAGS := $(strip $(GOFLAGS) -mod=readonly -buildvcs=false)
VERSION := $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)

# INSTALLED is a copy of the lock file that node_modules was made from. It is
# compared by content: a time stamp changes with every checkout, and npm would
# then be asked to work on a machine that has no network.
INSTALLED := node_modules/.installed-lock
VENDOR    := app/internal/web/static/vendor
ASSETS    := $(addprefix $(VENDOR)/,echarts.min.js htmx.min.js tabler.min.css)

.PHONY: run build dev test lint vuln golden bench bundle bundle-check crash assets deps clean help

# nodynamic: no library of pictures is looked for on the machine where it runs.
BUILD := CGO_ENABLED=0 go build -trimpath -tags nodynamic

run: build ## build, load the demonstration campaign on the first start, serve on LISTEN with DATA
	@exec bin/shuixuan serve --demo --listen "$(LISTEN)" --data "$(DATA)"

build: deps assets ## build bin/shuixuan and put the engine library beside it
	@$(BUILD) -ldflags '-X main.version=$(VERSION)' -o bin/shuixuan ./app

dev: build ## run with the page templates read from disk at every request
	@SHUIXUAN_DEV=1 exec bin/shuixuan serve --demo --listen "$(LISTEN)" --data "$(DATA)"

# The tests wait for fsync more than for anything else, so their data goes to a folder
# in memory where there is one with 4 GB to spare (measured: 40 s instead of 75 s for
# package ingest). What go builds stays on disk.
MEMORY := /dev/shm

# Every package has the race detector but two kinds: the whole program in its browser (app), whose
# parts have it in their own packages and which took half of the time with it; and those in which
# nothing runs beside anything else (ALONE), where it finds nothing and takes three times as long.
# So it does in walks through all routes, in series of pictures and packages, and in recounts (LONG), which
# are of the packages LONG_IN.
ALONE := $(addprefix ./analytics/,estimate exposure importance openanswers planning spotcheck weighting) \
         $(addprefix ./dashboards/,document handover plane safecsv spss)

LONG := EveryRoute|ForeignID|NothingOfAnother|NoPageOfAUnit|EachWrite|EveryLink|DrawnSheets|APIPages|APIWhoMayDoWhat|ManipulatedPictures|DifferentPictures|Bombs|EveryBitCounts|Crowds|CoverageRecount|ClosedWaveIsNeverWrong|ClosedWaveOf
LONG_IN := ./app/internal/web ./ingest/photo ./dashboards/seal ./analytics ./analytics/screening

# Five hundred submissions a second take all of two processors (measured: 1.7 of them for the
# server, 0.2 for those who send), so the soak runs alone, when all others have ended.
SOAK := ^TestSoak$$

test: lint ## all that CI runs: lint, then every test
	@.ci/tools test
	@race=-race; command -v "$$(go env CC)" >/dev/null || race=; \
	export GOTMPDIR="$$(dirname "$$(mktemp -u)")"; \
	if [ -w $(MEMORY) ] && [ "$$(df -Pk $(MEMORY) | awk 'NR == 2 { print $$4 }')" -gt 4194304 ]; then \
	  export TMPDIR="$$(mktemp -d -p $(MEMORY) shuixuan-test-XXXXXX)"; trap 'rm -rf "$$TMPDIR"' EXIT; \
	fi; \
	export SHUIXUAN_ENGINE="$${SHUIXUAN_ENGINE:-$$(realpath -q bin/libchdb.so || true)}"; \
	go test -timeout 40m ./app & whole=$$!; failed=0; \
	go test $$race -timeout 40m -skip '$(LONG)|$(SOAK)' $$(go list ./... | grep -vxF "$$(go list ./app $(ALONE))") || failed=1; \
	go test -timeout 40m $(ALONE) || failed=1; \
	go test -timeout 40m -run '$(LONG)' $(LONG_IN) || failed=1; \
	wait $$whole || failed=1; \
	go test -timeout 40m -run '$(SOAK)' -v ./app/harness || failed=1; exit $$failed

lint: deps assets ## gofmt, go vet, staticcheck
	@files="$$(gofmt -l $(wildcard app ingest analytics dashboards seeds))"; \
	if [ -n "$$files" ]; then echo "not formatted, run gofmt -w on:"; echo "$$files"; exit 1; fi
	@go vet ./...
	@go tool staticcheck ./...

# The database of vulnerabilities is asked over the network, so this is no part of
# test; there the versions are held against the advisories we know of (TestAdvisories).
# Elsewhere than at vuln.go.dev: GOVULNDB=https://… make vuln
vuln: assets ## ask for known vulnerabilities in what the program calls (needs the network)
	@go tool govulncheck ./...

# The values that tests hold our figures against are made by R, which the tests don't need:
# they stand in testdata beside their scripts. Here they are made again, to see that nothing
# of them changes; another version of R may round the last digits otherwise.
golden: ## make the expected values again (needs R with the package survey)
	@command -v Rscript >/dev/null || { echo "there is no Rscript: apt-get install r-base-core r-cran-survey"; exit 1; }
	@for script in $$(git ls-files '*/testdata/*.R'); do \
	  echo "$$script"; (cd "$$(dirname "$$script")" && Rscript --vanilla "$$(basename "$$script")" >/dev/null) || exit 1; \
	done; git --no-pager diff --stat -- '*/testdata/*.csv'

# One package after another: two at once would measure each other. The last release is the last tag,
# or what is committed while there is none.
ONLY ?= TestBudgets
bench: deps assets ## the budgets of speed and memory (ONLY=TestBudgetsServe: some), kept in docs/benchmarks.md
	@before="$$(mktemp)"; trap 'rm -f "$$before"' EXIT; \
	git show "$$(git describe --tags --abbrev=0 2>/dev/null || echo HEAD):docs/benchmarks.md" >"$$before"; \
	SHUIXUAN_ENGINE="$${SHUIXUAN_ENGINE:-$$(realpath -q bin/libchdb.so || true)}" \
	go test -run '$(ONLY)' -count=1 -timeout 60m -v -tags bench -p 1 ./... | go run ./app/budget/record "$$before"

# Without the tables of a debugger: 102 MB become 70. Panics still name their lines.
bundle: deps assets ## one archive that installs without a network: bin/shuixuan-VERSION-linux-x86_64.tar.gz
	@GOOS=linux GOARCH=amd64 $(BUILD) -ldflags '-s -w -X main.version=$(VERSION)' -o bin/bundle/shuixuan ./app
	@.ci/bundle/pack "$(VERSION)" bin

bundle-check: bundle ## as root: install the archive in an empty root without a network, and ask it (a minute)
	@.ci/bundle/check "bin/shuixuan-$(VERSION)-linux-x86_64.tar.gz"

# The seed tells a run: the same one draws the same moments, though not the same machine.
KILLS ?= 200
SEED  ?= 1
crash: assets ## kill -9 at random moments over all kinds of work (KILLS, SEED); some forty minutes
	@SHUIXUAN_ENGINE="$${SHUIXUAN_ENGINE:-$$(realpath -q bin/libchdb.so || true)}" \
	go run ./app/harness crash --kills $(KILLS) --seed $(SEED)

assets: $(ASSETS) ## copy the front-end assets to where the binary embeds them

$(ASSETS): $(INSTALLED)
	@mkdir -p $(VENDOR)
	@cp -f node_modules/echarts/dist/echarts.min.js node_modules/htmx.org/dist/htmx.min.js \
	  node_modules/@tabler/core/dist/css/tabler.min.css $(VENDOR)/
	@touch $(ASSETS)

# The file is made by deps; without one of its own this rule only orders the two.
$(INSTALLED): deps ;

deps: ## fetch what the lock files name, once; later runs need no network
	@.ci/tools build
	@.ci/tools install

clean: ## remove what was built; the data folder and node_modules stay
	@rm -rf bin $(VENDOR)

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  LISTEN=$(LISTEN)  DATA=$(DATA)"
