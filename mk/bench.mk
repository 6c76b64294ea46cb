# make bench: what a request costs, in-process and as a classic program, beside a bare C
# module that does the same; what a file of 1 GB costs beside httpd's own; html(). A few
# minutes. BENCH_FLAGS="--rounds 3 --only hello event".
# build/t/bench/ has the benchmarks of parsers and of starting a script.
server_bench := $(if $(GTEST_FOUND),$(if $(CURL_FOUND),$(BUILD)/t/server_bench))
server_bench_objects := $(call objects,$(wildcard t/bench/server/*.cc) \
    t/httpd/server.cc t/httpd/client.cc t/httpd/error_log.cc t/httpd/raw_socket.cc t/process.cc)

$(BUILD)/obj/t/bench/server/%.o: CPPFLAGS += $(GTEST_CFLAGS) $(CURL_CFLAGS)

$(BUILD)/t/server_bench: $(server_bench_objects)
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(GTEST_LIBS) $(CURL_LIBS) $(LIBS)

.PHONY: bench bench-programs
bench-programs: all $(bench_files) $(server_bench) $(BUILD)/t/handlers/pages.so
bench:
	@mk/deps.sh bench
	+$(MAKE) bench-programs
	$(BUILD)/t/server_bench $(BENCH_FLAGS)
	$(BUILD)/t/bench/html_bench

# make bench-html: a page of fifty html() calls against the same page by hand.
.PHONY: bench-html
bench-html:
	@mk/deps.sh bench
	+$(MAKE) $(BUILD)/t/bench/html_bench
	$(BUILD)/t/bench/html_bench --benchmark_repetitions=9 --benchmark_report_aggregates_only=true

# make bench-upload: one upload of 1 GB to save_file, its spool on tmpfs, in turns with a
# bare C module that drains the same body. UPLOAD_FLAGS="--rounds 3 --megabytes 256 event".
.PHONY: bench-upload
bench-upload:
	@mk/deps.sh bench
	+$(MAKE) bench-programs
	$(BUILD)/t/server_bench --upload $(UPLOAD_FLAGS)

-include $(patsubst %.o,%.d,$(server_bench_objects))

# make bench-forms: parsers of forms and cookies, beside memcpy of the same bytes and what
# other libraries do with them, in one run.
# FORMS_FLAGS="--benchmark_filter=M2 --benchmark_repetitions=5".
.PHONY: bench-forms
parser_bench := $(addprefix $(BUILD)/t/bench/,forms_bench cookies_bench form_peers_bench)
bench-forms:
	@mk/deps.sh bench
	+$(MAKE) $(parser_bench)
	for bench in $(parser_bench); do $$bench $(FORMS_FLAGS) || exit 1; done

# Those of the peers that are installed.
peer_libs = $(shell for lib in cgicc PocoNet PocoFoundation boost_url; do \
    echo 'int main() {}' | $(CXX) -x c++ - -o /dev/null -l$$lib 2>/dev/null && echo -l$$lib; done)
$(BUILD)/t/bench/form_peers_bench: LIBS += $(peer_libs)

# make bench-gateways: the example form as a worker and as a classic program, beside libfcgi,
# cgicc and an empty program (t/bench/gateways/gateways_bench.py has the rules). ROUNDS=7.
$(BUILD)/t/bench/form_fcgi: t/bench/gateways/form_fcgi.c $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CC,$@)$(CC) $(CFLAGS) -std=gnu11 -Wall -Wextra $(FCGI_CFLAGS) -o $@ $< $(FCGI_LIBS)
$(BUILD)/t/bench/form_cgicc.cgi: t/bench/gateways/form_cgicc.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(CXXFLAGS) -std=c++17 -o $@ $< $(STATIC_LIBSTDCXX) -lcgicc
$(BUILD)/t/bench/empty: t/bench/gateways/empty.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) $(CXXFLAGS) -o $@ $<

.PHONY: bench-gateways
bench-gateways:
	@mk/deps.sh bench
	+$(MAKE) all $(addprefix $(BUILD)/t/bench/,form_fcgi form_cgicc.cgi empty)
	python3 t/bench/gateways/gateways_bench.py "$(HTTPD)" "$(HTTPD_LIBEXECDIR)" "$(abspath $(BUILD))" $(ROUNDS)
