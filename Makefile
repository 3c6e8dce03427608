# hisseki: build, test, demo, eval, bench, soak, fuzz, man, deb, rpm, release.
# Needs Go and gcc (SQLite).
VERSION := $(shell scripts/version.sh)
SOURCES := $(shell find . -name '*.go' -o -name '*.sql' -o -path './analyzer/lists/*') go.mod go.sum
FUZZTIME ?= 30s
export CGO_ENABLED := 1
# The Go that go.mod names, where it can be had: an older one has holes that are known.
export GOTOOLCHAIN := $(shell GOTOOLCHAIN=auto go version >/dev/null 2>&1 && echo auto || echo local)
export INSTALL
ifeq ($(GOTOOLCHAIN),local)
ifneq ($(shell go env GOVERSION),$(shell sed -n 's/^toolchain //p' go.mod))
$(warning this Go is $(shell go env GOVERSION), and go.mod asks for $(shell sed -n 's/^toolchain //p' go.mod), which cannot be fetched: the program may have holes that are known and mended)
endif
endif
# SQLite syncs its log at every commit; without the first flag it would write the inode too.
# The driver clears a kept statement's parameters, for which SQLite would plan it anew: not
# with the second flag (query planner stability guarantee).
SQLITE := -DHAVE_FDATASYNC=1 -DSQLITE_ENABLE_QPSG=1
export CGO_CFLAGS := $(filter-out $(SQLITE),$(or $(CGO_CFLAGS),-g -O2)) $(SQLITE)

build: bin/hisseki

bin/hisseki: $(SOURCES)
	@scripts/needs.sh gcc
	go build -trimpath -ldflags '-X main.version=$(VERSION)' -o $@ ./cmd/hisseki

# Long tests that run on one processor, and take ten times as long with the race detector, which sees no more in
# them than in the others of their packages: test-plain runs these without it. race_test.go looks after the list.
ALONE := TestHostile|TestHostileSeen|TestEvaluate|TestManyStolenAccountsAreNoChange|TestAChangeForEverybodyStopsLittle
# The packages whose tests take longest, begun first: begun last, they would keep one processor only. lint.sh
# has vetted all of them before.
LONG := ./cmd/hisseki ./store ./web ./analyzer ./internal/evaluate ./analyzer/content
# Two passes at once: most tests of the first wait for Postfix, those of the second need a processor. Each runs
# to its end; what failed is said once more behind both.
test:
	@scripts/needs.sh gcc man chromium lintian minisign rpm postfix dovecot dovecot-imapd debootstrap swaks zstd python3 postgresql shellcheck systemd-analyze systemd-nspawn
	@scripts/lint.sh
	@$(MAKE) --no-print-directory -k -j2 -Oline test-race test-plain || { echo "make test FAILED:"; \
		grep -hE '^(FAIL|panic:|WARNING: DATA RACE|.*\[build failed\])|^ *--- FAIL|^ +[a-z_0-9]+_test\.go:[0-9]+:' bin/test-race.log bin/test-plain.log | tail -80; exit 1; }
	@scripts/vulncheck.sh || [ $$? = 3 ] # NOT CHECKED, as it says: a machine without network can test the rest

test-race:
	GORACE=atexit_sleep_ms=0 scripts/pass.sh $@ go test -vet=off -race -skip '^($(ALONE))$$' -parallel 4 -timeout 25m $(LONG) ./...

test-plain: # and bounds, of which -race sees less
	scripts/pass.sh $@ go test -vet=off -p 1 -timeout 25m -run '^($(ALONE))$$|Hostile|WholeMail|RoundTrips|Cost|Garbage' \
		./analyzer/... ./baseline ./daemon ./internal/evaluate

# The manual: man -l bin/man/hisseki.1
man: build
	@mkdir -p bin/man
	bin/hisseki manual deploy/hisseki.toml bin/man
	@cp docs/man/* bin/man/

# Packages, in dist. ARCH=arm64 is built with Debian's cross compiler.
ARCH ?= $(shell go env GOARCH)
bin/hisseki-arm64: $(SOURCES)
	@scripts/needs.sh gcc-aarch64
	CC=aarch64-linux-gnu-gcc GOARCH=arm64 go build -trimpath -ldflags '-X main.version=$(VERSION)' -o $@ ./cmd/hisseki

deb rpm: build $(if $(filter arm64,$(ARCH)),bin/hisseki-arm64)
	VERSION=$(VERSION) MADE=bin/hisseki scripts/package.sh $@ $(ARCH) bin/hisseki$(if $(filter arm64,$(ARCH)),-arm64)

# A container image of the .deb as an OCI layout. Needs root.
image: deb
	@scripts/needs.sh debootstrap zstd
	scripts/image.sh "$$(ls -t dist/*_$(ARCH).deb | head -n 1)" dist/image

# KEY=FILE signs it.
release:
	@scripts/needs.sh gcc gcc-aarch64 minisign
	@scripts/release.sh

demo: build
	@bin/hisseki demo

eval: build
	@scripts/needs.sh gcc zstd python3 postgresql
	@scripts/eval.sh

# BENCH_MAILS names a folder with a timeline.jsonl, as "make eval" unpacks them.
bench:
	@scripts/needs.sh gcc postfix dovecot postgresql
	go test -run '^$$' -bench . -benchmem -timeout 60m $(filter-out %/internal/bench,$(shell go list ./...))
	go test -run '^$$' -bench . -benchtime 1x -timeout 60m ./internal/bench

# 100,000 mails that must leave nothing behind; serve, agent and Postfix killed 300 times
# at random moments under load, and PostgreSQL's standby promoted. make test does less of it.
soak:
	@scripts/needs.sh gcc postfix dovecot postgresql
	HISSEKI_LOAD_MAILS=100000 go test -run TestNothingLeaks -count 1 -timeout 30m ./milter
	HISSEKI_PROMOTIONS=5 go test ./store -engine postgres -run TestStandbyIsPromoted -count 1 -v
	HISSEKI_KILL_ROUNDS=200 go test -run 'TestKillCluster$$' -count 1 -timeout 60m -v ./cmd/hisseki
	HISSEKI_KILL_ROUNDS=300 go test -run 'TestKill$$' -count 1 -timeout 60m -v ./cmd/hisseki

fuzz:
	@scripts/needs.sh gcc
	@scripts/fuzz.sh $(FUZZTIME)

clean:
	rm -rf bin dist .cache

.PHONY: build man deb rpm image release test test-race test-plain demo eval bench soak fuzz clean
