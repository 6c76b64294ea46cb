# The long checks: sanitizers, fuzzing, format, tidy, and `make check` over all of them.
JOBS = $(shell nproc 2>/dev/null || echo 2)
# How many processes the tests through httpd are cut into.
SHARDS = 4
# Seconds for each fuzzer.
FUZZ_SECONDS = 60
FUZZ_CXX = clang++
# Which tests through httpd `make check` repeats under the sanitizers.
# Not those that count memory and descriptors, which the sanitizer has of its own, nor
# what compares with Python, which runs once with more cases.
CHECK_ASAN_FILTER = -*ClientsThatLeaveLeaveNothing*:*CostsTheParentNothing*:*Differential*
sources := $(wildcard include/*.h include/*/*.h mod_cppcgi/*/*.h mod_cppcgi/*/*.cc \
    mod_cppcgi/*/*/*.h mod_cppcgi/*/*/*.cc tools/*.h tools/*.cc tools/*/*.h tools/*/*.cc examples/*.cc \
    t/*.h t/*.cc $(filter-out t/compile/%,$(wildcard t/*/*.h t/*/*.cc)))

submake = +@$(MAKE) --no-print-directory -j$(JOBS)
asan_build = BUILD=build/asan SANITIZE=address,undefined CXXFLAGS="-O1 -g"
tsan_build = BUILD=build/tsan SANITIZE=thread CXXFLAGS="-O1 -g"
clang_build = BUILD=build/clang CXX=clang++ CXXFLAGS="-O0 -g1"
fuzz_build = BUILD=build/fuzz CXX="$(FUZZ_CXX)" SANITIZE=fuzzer-no-link,address,undefined

# $(call shards,NAME,PROGRAM,MPMS,ARGUMENTS): the lines for jobs.sh.
shards = for i in $$(seq $(SHARDS)); do echo "$(1)-$$i env CPPCGI_TEST_MPMS='$(3)' GTEST_TOTAL_SHARDS=$(SHARDS) GTEST_SHARD_INDEX=$$((i - 1)) $(2) $(4)"; done
# $(call test_jobs,BUILD,MPMS,FILTER)
test_jobs = echo "unit $(1)/t/unit_test"; $(call shards,httpd,$(1)/t/httpd_test,$(2),--gtest_filter='$(3)')

.PHONY: asan tsan fuzz
asan:
	@mk/deps.sh test
	$(submake) $(asan_build) WERROR=-Werror programs
	@{ $(call test_jobs,build/asan,event,*); } | mk/jobs.sh build/log/asan $(JOBS)

tsan:
	@mk/deps.sh test
	$(submake) $(tsan_build) programs
	@{ $(call test_jobs,build/tsan,event worker,*); } | mk/jobs.sh build/log/tsan $(JOBS)

# Each fuzzer starts from t/fuzz/corpus/NAME with t/fuzz/NAME.dict and keeps what it
# finds below build/fuzz.
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
.PHONY: check check-programs
check:
	@mk/deps.sh check
	+@$(MAKE) --no-print-directory check-configured

.PHONY: check-configured
check-configured:
	$(submake) WERROR=-Werror programs
	$(submake) $(asan_build) WERROR=-Werror programs
	$(submake) $(clang_build) WERROR=-Werror all build/clang/t/unit_test
	$(submake) $(fuzz_build) fuzzers
	@{ $(call test_jobs,build,prefork worker event,*); \
	   echo "tree build/t/tree_test"; \
	   echo "refused env CXX='$(CXX)' mk/check-refused.sh"; \
	   echo "refused-clang env CXX=clang++ mk/check-refused.sh"; \
	   echo "unit-clang build/clang/t/unit_test"; \
	   echo "unit-asan build/asan/t/unit_test"; \
	   $(call shards,httpd-asan,build/asan/t/httpd_test,event,--gtest_filter='$(CHECK_ASAN_FILTER)'); \
	   echo "differential env CPPCGI_TEST_MPMS=event CPPCGI_DIFFERENTIAL_CASES=20000 build/t/httpd_test --gtest_filter='*Differential*'"; \
	   $(call fuzz_jobs,5); \
	   echo "format $(MAKE) --no-print-directory format-check"; \
	   echo "tidy $(MAKE) --no-print-directory tidy JOBS=1"; \
	 } | mk/jobs.sh build/log/check $(JOBS)
