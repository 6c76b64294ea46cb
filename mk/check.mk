# The long checks: sanitizers, fuzzing, format, tidy, and `make check` over all of them.
JOBS = $(shell nproc 2>/dev/null || echo 2)
# How many processes the tests through httpd are cut into.
SHARDS = 4
# Seconds for each fuzzer.
FUZZ_SECONDS = 60
FUZZ_CXX = clang++
# Which tests through httpd `make check` repeats under the sanitizers.
# Not those that count memory and descriptors, which the sanitizer has of its own, nor
# what compares with Python, which runs once with more cases, nor the browser.
CHECK_ASAN_FILTER = -*ClientsThatLeaveLeaveNothing*:*CostsTheParentNothing*:*CostTheParentNothing*:*Differential*:InTheBrowser*
sources := $(wildcard include/*.h include/*/*.h mod_cppcgi/*/*.h mod_cppcgi/*/*.cc \
    mod_cppcgi/*/*/*.h mod_cppcgi/*/*/*.cc tools/*.h tools/*.cc tools/*/*.h tools/*/*.cc examples/*.cc \
    t/*.h t/*.cc $(filter-out t/compile/%,$(wildcard t/*/*.h t/*/*.cc)))

submake = +@$(MAKE) --no-print-directory -j$(JOBS)
asan_build = BUILD=build/asan SANITIZE=address,undefined CXXFLAGS="-O1 -g"
# Fences, which it does not know, stand between atomics only.
tsan_build = BUILD=build/tsan SANITIZE=thread CXXFLAGS="-O1 -g -Wno-tsan"
clang_build = BUILD=build/clang CXX=clang++ CXXFLAGS="-O0 -g1"
fuzz_build = BUILD=build/fuzz CXX="$(FUZZ_CXX)" SANITIZE=fuzzer-no-link,address,undefined

# $(call shards,NAME,ENVIRONMENT,MPMS,ARGUMENTS): the lines for jobs.sh.
shards = for i in $$(seq $(SHARDS)); do echo "$(1)-$$i env $(2) CPPCGI_TEST_MPMS='$(3)' GTEST_TOTAL_SHARDS=$(SHARDS) GTEST_SHARD_INDEX=$$((i - 1)) $(BUILD)/t/httpd_test $(4)"; done
# httpd is not built with a sanitizer: its runtime must come first in every server, and
# the C++ runtime with it, for the interceptor of __cxa_throw looks once only. The test
# program is the usual one. $(call sanitized,BUILD,KIND,LIBRARY)
sanitized = CPPCGI_TEST_BUILD=$(abspath $(1)) CPPCGI_TEST_SANITIZER=$(2) \
    CPPCGI_TEST_PRELOAD=$(shell $(CXX) -print-file-name=$(3)):$(shell $(CXX) -print-file-name=libstdc++.so.6)
asan_environment = $(call sanitized,build/asan,address,libasan.so)
tsan_environment = $(call sanitized,build/tsan,thread,libtsan.so)

# Its handlers are the usual ones: what is under test is how versions are held.
run_life_race = env TSAN_OPTIONS=halt_on_error=1 build/tsan/t/life_race $(abspath $(BUILD))

.PHONY: asan tsan
asan:
	@mk/deps.sh test
	$(submake) WERROR=-Werror $(httpd_test)
	$(submake) $(asan_build) WERROR=-Werror tested build/asan/t/unit_test
	@{ echo "unit-asan build/asan/t/unit_test"; \
	   $(call shards,httpd-asan,$(asan_environment),event,); } | mk/jobs.sh build/log/asan $(JOBS)

tsan:
	@mk/deps.sh test
	$(submake) WERROR=-Werror $(httpd_test)
	$(submake) tested
	$(submake) $(tsan_build) tested build/tsan/t/unit_test build/tsan/t/life_race
	@{ echo "life-race $(run_life_race)"; echo "unit-tsan build/tsan/t/unit_test"; \
	   $(call shards,httpd-tsan,$(tsan_environment),event worker,); } | mk/jobs.sh build/log/tsan $(JOBS)

# Each fuzzer starts from t/fuzz/corpus/NAME with t/fuzz/NAME.dict and keeps what it
# finds below build/fuzz.
.PHONY: fuzz
fuzz_names := $(patsubst t/fuzz/%_fuzz.cc,%,$(wildcard t/fuzz/*_fuzz.cc))
fuzz_jobs = for f in $(fuzz_names); do mkdir -p build/fuzz/corpus/$$f build/fuzz/found; \
    echo "fuzz-$$f build/fuzz/$${f}_fuzz -max_total_time=$(1) -timeout=10 -rss_limit_mb=2048 -print_final_stats=1 -artifact_prefix=build/fuzz/found/$$f- $$([ -f t/fuzz/$$f.dict ] && echo -dict=t/fuzz/$$f.dict) build/fuzz/corpus/$$f $$([ -d t/fuzz/corpus/$$f ] && echo t/fuzz/corpus/$$f)"; done
fuzz:
	@mk/deps.sh check
	$(submake) $(fuzz_build) fuzzers
	@{ $(call fuzz_jobs,$(FUZZ_SECONDS)); } | mk/jobs.sh build/log/fuzz $(JOBS)

.PHONY: format format-check tidy
format:
	@mk/deps.sh check
	clang-format -i $(sources)

format-check:
	@mk/deps.sh check
	@clang-format --dry-run -Werror $(sources)

# FILES="a.cc b.cc", else what differs from the main branch, else the last commit.
tidy:
	@mk/deps.sh check
	@mk/tidy.sh "$(FILES)" $(JOBS) -std=c++20 $(INCLUDES) $(CONFIG_CPPFLAGS) $(HTTPD_CPPFLAGS) \
	    -DCPPCGI_HTTPD='""' -DCPPCGI_HTTPD_MODULES='""'

# clang++ has to compile everything; its unit tests also run.
.PHONY: check
check:
	@mk/deps.sh check
	+@$(MAKE) --no-print-directory check-configured

.PHONY: check-configured
check-configured:
	$(submake) WERROR=-Werror programs
	$(submake) $(asan_build) WERROR=-Werror tested build/asan/t/unit_test
	$(submake) $(tsan_build) build/tsan/t/life_race
	$(submake) $(clang_build) WERROR=-Werror all build/clang/t/unit_test
	$(submake) $(fuzz_build) fuzzers
	@{ $(call shards,httpd,,prefork worker event,); \
	   $(call shards,httpd-asan,$(asan_environment),event,--gtest_filter='$(CHECK_ASAN_FILTER)'); \
	   echo "unit build/t/unit_test"; \
	   echo "life-race $(run_life_race)"; \
	   echo "tree build/t/tree_test"; \
	   echo "refused env CXX='$(CXX)' mk/check-refused.sh"; \
	   echo "refused-clang env CXX=clang++ mk/check-refused.sh"; \
	   echo "unit-clang build/clang/t/unit_test"; \
	   echo "unit-asan build/asan/t/unit_test"; \
	   echo "differential env CPPCGI_TEST_MPMS=event CPPCGI_DIFFERENTIAL_CASES=20000 build/t/httpd_test --gtest_filter='*Differential*'"; \
	   $(call fuzz_jobs,5); \
	   echo "format $(MAKE) --no-print-directory format-check"; \
	   echo "tidy $(MAKE) --no-print-directory tidy JOBS=1"; \
	 } | mk/jobs.sh build/log/check $(JOBS)
