# Tests, fuzzers and benchmarks.
shared_test := $(call objects,$(wildcard t/*.cc))
unit := $(call objects,$(filter-out $(if $(FCGI_FOUND),,%/fastcgi_test.cc),$(wildcard t/unit/*.cc)))
unit += $(if $(CLI11_FOUND),$(call objects,$(wildcard t/tools/*.cc)))
examples_tested := $(examples:%=$(BUILD)/obj/t/examples/%.o)
# What a program of tools/ is made of, but for its main().
tools_tested := $(if $(CLI11_FOUND),$(filter-out %/main.o,$(tools_cppcgi)) $(tools_shared))
httpd_tests := $(call objects,$(wildcard t/httpd/*.cc t/browser/*.cc))
tree_tests := $(call objects,$(wildcard t/tree/*.cc))
test_handlers := $(patsubst t/handlers/%.cc,%,$(wildcard t/handlers/*.cc))
# One brings a static OpenSSL, where there is one.
static_libcrypto := $(if $(LIBCRYPTO_FOUND),$(filter /%,$(shell $(CXX) -print-file-name=libcrypto.a)))
test_handlers := $(if $(static_libcrypto),$(test_handlers),$(filter-out rude_openssl,$(test_handlers)))
bench_modules := $(patsubst t/bench/%.c,%,$(wildcard t/bench/mod_*.c))
bench_programs := $(patsubst t/bench/%.cc,%,$(wildcard t/bench/*_bench.cc))
test_objects := $(shared_test) $(examples_tested) $(unit) $(httpd_tests) $(tree_tests) \
    $(call objects,$(wildcard t/handlers/*.cc t/bench/*.cc t/fuzz/*.cc t/race/*.cc))

unit_test := $(if $(GTEST_FOUND),$(if $(unit),$(BUILD)/t/unit_test))
httpd_test := $(if $(GTEST_FOUND),$(if $(CURL_FOUND),$(if $(httpd_tests),$(BUILD)/t/httpd_test)))
tree_test := $(if $(GTEST_FOUND),$(BUILD)/t/tree_test)
# The same as programs.
test_programs := $(addprefix $(BUILD)/t/cgi-bin/,trouble.cgi program_life.cgi) \
    $(if $(libcppcgi_fcgi),$(BUILD)/t/fcgi/program_life.fcgi)
test_handler_files := $(test_handlers:%=$(BUILD)/t/handlers/%.so)
bench_files := $(bench_modules:%=$(BUILD)/t/bench/%.so) \
    $(if $(BENCHMARK_FOUND),$(bench_programs:%=$(BUILD)/t/bench/%))

# Tests are compiled once and run for seconds: what their optimiser takes, they never
# give back. Benchmarks, fuzzers and handlers are as users build theirs.
unoptimised := $(unit) $(httpd_tests) $(tree_tests) $(shared_test)
$(unoptimised): CXXFLAGS := $(filter-out -O%,$(CXXFLAGS)) -O0
$(BUILD)/obj/t/%.o: CPPFLAGS += $(GTEST_CFLAGS) $(CURL_CFLAGS) $(BENCHMARK_CFLAGS)
$(BUILD)/obj/t/httpd/%.o: CPPFLAGS += -DCPPCGI_HTTPD='"$(HTTPD)"' -DCPPCGI_HTTPD_MODULES='"$(HTTPD_LIBEXECDIR)"'
$(BUILD)/obj/t/unit/html_tree_test.o: CPPFLAGS += $(GUMBO_CFLAGS) $(if $(GUMBO_FOUND),-DCPPCGI_HAVE_GUMBO=1)
$(BUILD)/obj/t/handlers/%.o: INCLUDES = -Iinclude
$(BUILD)/obj/t/handlers/rude_openssl.o: CPPFLAGS += $(LIBCRYPTO_CFLAGS)
$(BUILD)/t/handlers/rude_openssl.so: handler_libs = $(static_libcrypto) -ldl
$(BUILD)/obj/t/handlers/rude_inline.o: NO_GNU_UNIQUE =

# The examples, for calls in memory: without a main().
$(BUILD)/obj/t/examples/%.o: examples/%.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CXX,$@)$(CXX) $(ALL_CXXFLAGS) $(WERROR) -Iinclude $(CONFIG_CPPFLAGS) $(JSON_CFLAGS) $(LIBCRYPTO_CFLAGS) -DCPPCGI_NO_MAIN -MMD -MP -c -o $@ $<

$(BUILD)/t/unit_test: $(unit) $(shared_test) $(examples_tested) $(tools_tested) $(core) $(gateway) $(gateway_fcgi) $(host)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(GTEST_LIBS) $(GUMBO_LIBS) $(FCGI_LIBS) $(LIBCURL_LIBS) $(core_libs) $(host_libs) $(LIBS)

# With one example in memory.
$(BUILD)/t/httpd_test: $(httpd_tests) $(shared_test) $(filter %/inspect.o,$(examples_tested)) $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(GTEST_LIBS) $(CURL_LIBS) $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(BUILD)/t/tree_test: $(tree_tests) $(shared_test)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(GTEST_LIBS) $(LIBS)

$(BUILD)/t/handlers/%.so: $(BUILD)/obj/t/handlers/%.o | $(lib)/libcppcgi.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -shared -o $@ $< $(ALL_LDFLAGS) $(DEFINED) -Wl,-Bsymbolic -L$(lib) -lcppcgi $(handler_libs)

$(BUILD)/t/cgi-bin/%.cgi: $(BUILD)/obj/t/handlers/%.o $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $< $(ALL_LDFLAGS) $(lib)/libcppcgi.a $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(BUILD)/t/fcgi/%.fcgi: $(BUILD)/obj/t/handlers/%.o $(libcppcgi_fcgi) $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $< $(ALL_LDFLAGS) -Wl,--whole-archive $(libcppcgi_fcgi) -Wl,--no-whole-archive $(lib)/libcppcgi.a $(FCGI_LIBS) $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(BUILD)/t/bench/mod_%.so: t/bench/mod_%.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CFLAGS) -std=gnu11 -Wall -Wextra -Wno-missing-field-initializers -fPIC -shared $(HTTPD_CPPFLAGS) -o $@ $<

# Counting is the host's.
$(BUILD)/t/bench/counters_bench: $(filter %/counters.o %/failure_ring.o,$(host))
$(BUILD)/t/bench/%_bench: $(BUILD)/obj/t/bench/%_bench.o $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(BENCHMARK_LIBS) $(core_libs) $(LIBS)

# Threads at once in what a server child shares, for the thread sanitizer, without httpd.
race := $(call objects,$(addprefix mod_cppcgi/module/,library_reload.cc library_version.cc \
    library_life.cc code_map.cc crash.cc stack_frames.cc slow_call.cc slow_call_watcher.cc thread_look.cc) \
    $(addprefix mod_cppcgi/host/,card.cc checker.cc counters.cc elf_file.cc elf_symbols.cc failure_ring.cc \
    library_fault.cc loader.cc private_copy.cc) t/race/life_race.cc)
$(BUILD)/obj/t/race/%.o: CPPFLAGS += $(HTTPD_CPPFLAGS)
$(BUILD)/t/life_race: $(race)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(host_libs) $(LIBS)

.PHONY: programs
programs: tested $(unit_test) $(httpd_test) $(tree_test)

# What tests through httpd load and run.
.PHONY: tested
tested: all $(test_handler_files) $(test_programs)

# One kind of test by itself; arguments by GTEST_FILTER= and the like in the environment.
.PHONY: unit-test httpd-test tree-test
unit-test: $(unit_test)
	$(BUILD)/t/unit_test

httpd-test: programs
	$(BUILD)/t/httpd_test

# The tree against its own rules: layers, headers, pages, exports.
tree-test: programs
	$(BUILD)/t/tree_test

# Units, the tree by one compiler, and the tests through httpd on one MPM.
.PHONY: test
test:
	@mk/deps.sh test
	$(submake) WERROR=-Werror programs
	@{ $(call shards,httpd,,$${CPPCGI_TEST_MPMS:-event},); \
	   echo "unit $(BUILD)/t/unit_test"; \
	   echo "tree env CPPCGI_TEST_COMPILERS=g++ $(BUILD)/t/tree_test"; \
	   echo "refused env CXX='$(CXX)' mk/check-refused.sh"; \
	 } | mk/jobs.sh $(BUILD)/log/test $(JOBS)

# Fuzzers need clang: `make fuzz` builds them as a variant of their own.
fuzzers := $(patsubst t/fuzz/%_fuzz.cc,$(BUILD)/%_fuzz,$(wildcard t/fuzz/*_fuzz.cc))
$(BUILD)/%_fuzz: $(BUILD)/obj/t/fuzz/%_fuzz.o $(core) $(gateway)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) -fsanitize=fuzzer $(core_libs) $(LIBDW_LIBS) $(LIBS)

.PHONY: fuzzers
fuzzers: $(fuzzers)

# What must not compile.
.PHONY: refused-check
refused-check:
	CXX="$(CXX)" mk/check-refused.sh

# What starting a classic script costs, against the kernel's limit and httpd's own modules:
# ROUNDS=3 SECONDS=3 PROGRAMS="c-static c-dynamic c++" DIRTY="0 500".
.PHONY: bench-exec
bench-exec: $(lib)/mod_cppcgi.so $(BUILD)/t/bench/mod_dirty.so
	@mk/deps.sh bench
	python3 t/bench/exec/exec_bench.py "$(HTTPD)" "$(HTTPD_LIBEXECDIR)" "$(abspath $(BUILD))" "$(CC)" "$(CXX)"
