# make: module, libraries, examples and tools, all below $(BUILD).
#   CXX=clang++          another compiler
#   BUILD=build/asan SANITIZE=address,undefined   a variant beside the usual one
#   PREFIX= DESTDIR= APXS= V=1                    as usual
# Sources are found by folder, so a new file needs no line here. mk/ holds the rest:
# tests.mk, check.mk, install.mk, run.mk, and the scripts they call.
#   make run, test, check, bench, asan, tsan, fuzz, format, tidy, deps, install
BUILD = build
SANITIZE =
WERROR =
.DEFAULT_GOAL := all
.DELETE_ON_ERROR:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
SHELL := /bin/sh
# V=1 shows the commands.
say = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2);)

# Goals that need no configuration.
unconfigured := clean distclean deps check run format format-check help
ifneq ($(filter-out $(unconfigured),$(or $(MAKECMDGOALS),all)),)
include config.mk
configured = yes
endif

config.mk: configure mk/config.mk.in
	@mk/deps.sh build
	env -u CC -u CXX -u CFLAGS -u CXXFLAGS -u LDFLAGS ./configure $(CONFIGURE_FLAGS) APXS="$(APXS)"

configure: configure.ac
	@mk/deps.sh build
	autoconf

# A compiler named on the command line is asked what configure asked its own.
ifneq ($(filter command line environment override,$(origin CXX)),)
NO_GNU_UNIQUE := $(shell echo | $(CXX) -fno-gnu-unique -Werror -x c++ -c -o /dev/null - 2>/dev/null && echo -fno-gnu-unique)
endif

# A library says what it lacks when it is linked, not when it is opened; a sanitizer's
# runtime comes later.
DEFINED = $(if $(SANITIZE),,-Wl,-z,defs)
WARNINGS = -Wall -Wextra -Wpedantic -Wshadow -Wconversion
CODE = -std=c++20 -fPIC -pthread -fvisibility=hidden $(NO_GNU_UNIQUE) $(WARNINGS)
ifneq ($(SANITIZE),)
SANITIZER = -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer
# g++ sees std::regex uninitialised when it is instrumented.
SANITIZER += -Wno-maybe-uninitialized -Wno-unknown-warning-option
endif
ALL_CXXFLAGS = $(CXXFLAGS) $(CODE) $(SANITIZER)
ALL_LDFLAGS = $(LDFLAGS) $(SANITIZER) -pthread -Wl,--as-needed -Wl,-z,relro
INCLUDES = -Iinclude -Imod_cppcgi -I.

# Objects are rebuilt when the flags change, and only then. (Without the configuration
# they are not known: `make run` or `make check` must not change them.)
ifdef configured
flags := $(filter-out ccache,$(CXX)) $(ALL_CXXFLAGS) $(CONFIG_CPPFLAGS)
ifneq ($(strip $(flags)),$(strip $(file <$(BUILD)/flags)))
$(shell mkdir -p $(BUILD))
$(file >$(BUILD)/flags,$(flags))
endif
endif

objects = $(patsubst %,$(BUILD)/obj/%.o,$(basename $(1)))
core := $(call objects,$(wildcard mod_cppcgi/core/*.cc))
gateway := $(call objects,$(wildcard mod_cppcgi/gateway/*.cc))
gateway_httpd := $(call objects,$(wildcard mod_cppcgi/gateway/httpd/*.cc))
gateway_fcgi := $(if $(FCGI_FOUND),$(call objects,$(wildcard mod_cppcgi/gateway/fcgi/*.cc)))
host := $(call objects,$(wildcard mod_cppcgi/host/*.cc))
module := $(call objects,$(wildcard mod_cppcgi/module/*.cc))
# What each request runs through is linked first, side by side: processes that take turns
# find few pages again instead of many.
each_request = $(filter $(call objects,$(addprefix mod_cppcgi/, \
    core/invoke core/output core/response core/throw_trace core/form_input core/head \
    gateway/httpd/call gateway/httpd/reply gateway/httpd/body gateway/httpd/environ \
    host/counters module/config module/content module/crash module/dropped_headers \
    module/exit_guard module/mod_cppcgi module/outcome module/registration \
    module/slow_call module/statistics)),$(1))
ordered = $(call each_request,$(1)) $(filter-out $(call each_request,$(1)),$(1))
examples := $(patsubst examples/%.cc,%,$(wildcard examples/*.cc))
# inspect writes JSON and digests.
examples := $(filter-out $(if $(JSON_FOUND),$(if $(LIBCRYPTO_FOUND),,inspect),inspect),$(examples))
# tools/cppcgi/ and tools/cppcgi-worker/ are a program each; tools/*.cc belongs to both.
tools_shared := $(call objects,$(wildcard tools/*.cc))
tools_cppcgi := $(call objects,$(wildcard tools/cppcgi/*.cc))
tools_worker := $(call objects,$(wildcard tools/cppcgi-worker/*.cc))

lib := $(BUILD)/lib
libcppcgi := $(if $(core)$(gateway),$(addprefix $(lib)/,libcppcgi.so.1 libcppcgi.so libcppcgi.a))
libcppcgi_fcgi := $(if $(gateway_fcgi),$(lib)/libcppcgi-fcgi.a)
mod_cppcgi := $(if $(module),$(lib)/mod_cppcgi.so)
handlers := $(examples:%=$(BUILD)/handlers/%.so)
cgi_programs := $(examples:%=$(BUILD)/cgi-bin/%.cgi)
fcgi_programs := $(if $(gateway_fcgi),$(examples:%=$(BUILD)/fcgi/%.fcgi))
tools := $(if $(CLI11_FOUND),$(if $(tools_cppcgi),$(BUILD)/bin/cppcgi))
tools += $(if $(tools_worker),$(if $(gateway_fcgi),$(BUILD)/bin/cppcgi-worker))

.PHONY: all
all: $(libcppcgi) $(libcppcgi_fcgi) $(mod_cppcgi) $(handlers) $(cgi_programs) \
     $(fcgi_programs) $(tools)

# Only these see httpd's headers, so that a wrong include fails here already.
$(BUILD)/obj/mod_cppcgi/gateway/httpd/%.o: CPPFLAGS += $(HTTPD_CPPFLAGS)
$(BUILD)/obj/mod_cppcgi/module/%.o: CPPFLAGS += $(HTTPD_CPPFLAGS) $(JSON_CFLAGS) -DCPPCGI_LIBDIR='"$(LIBDIR)"'
$(BUILD)/obj/mod_cppcgi/gateway/fcgi/%.o: CPPFLAGS += $(FCGI_CFLAGS)
$(BUILD)/obj/mod_cppcgi/core/%.o: CPPFLAGS += $(LIBDW_CFLAGS)
# Calls go straight to where the loader has found them, which it has at start.
$(BUILD)/obj/mod_cppcgi/%.o: CODE += -fno-plt
$(BUILD)/obj/mod_cppcgi/host/%.o: CPPFLAGS += $(LIBDW_CFLAGS)
# The command builds what users write, as this build was told to.
$(BUILD)/obj/tools/%.o: CPPFLAGS += $(CLI11_CFLAGS) $(JSON_CFLAGS) $(LIBCURL_CFLAGS) \
    $(if $(LIBCURL_FOUND),-DCPPCGI_HAVE_CURL=1) -DCPPCGI_VERSION='"$(VERSION)"' \
    -DCPPCGI_HTTPD='"$(HTTPD)"' -DCPPCGI_HTTPD_MODULES='"$(HTTPD_LIBEXECDIR)"' \
    -DCPPCGI_CXX='"$(lastword $(CXX))"' -DCPPCGI_STATIC_LIBS='"$(strip $(core_libs) $(LIBDW_LIBS))"'
$(BUILD)/obj/examples/%.o: INCLUDES = -Iinclude
$(BUILD)/obj/examples/%.o: CPPFLAGS += $(JSON_CFLAGS) $(LIBCRYPTO_CFLAGS)

$(BUILD)/obj/%.o: %.cc $(BUILD)/flags
	@mkdir -p $(@D)
	$(call say,CXX,$@)$(CXX) $(ALL_CXXFLAGS) $(WERROR) $(INCLUDES) $(CONFIG_CPPFLAGS) $(CPPFLAGS) -MMD -MP -c -o $@ $<

core_libs = $(LIBCRYPTO_LIBS)
# LIBDW_LIBS names libelf as well, which --as-needed drops.
host_libs = $(LIBDW_LIBS) -ldl

$(lib)/libcppcgi.so.1: $(core) $(gateway) mk/libcppcgi.map
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -shared -o $@ $(call ordered,$(filter %.o,$^)) $(ALL_LDFLAGS) -Wl,--version-script=mk/libcppcgi.map $(DEFINED) -Wl,-soname,libcppcgi.so.1 -Wl,-Bsymbolic-functions $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(lib)/libcppcgi.so: $(lib)/libcppcgi.so.1
	@ln -sf libcppcgi.so.1 $@

$(lib)/libcppcgi.a: $(core) $(gateway)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(lib)/libcppcgi-fcgi.a: $(gateway_fcgi)
	@mkdir -p $(@D)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

# The module takes from the core what it calls; the rest is for handlers.
$(BUILD)/obj/core.a: $(core)
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $^

$(lib)/mod_cppcgi.so: $(call objects,mod_cppcgi/core/head.cc) $(gateway_httpd) $(host) $(module) $(BUILD)/obj/core.a mk/exports.map
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -shared -o $@ $(call ordered,$(filter %.o,$^)) $(filter %.a,$^) $(ALL_LDFLAGS) -Wl,--version-script=mk/exports.map -Wl,-z,now $(core_libs) $(host_libs) $(LIBS)

# A handler finds libcppcgi.so.1 already open in its host: no RPATH. -Bsymbolic keeps
# httpd's own libraries from taking over its functions.
$(BUILD)/handlers/%.so: $(BUILD)/obj/examples/%.o | $(lib)/libcppcgi.so
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -shared -o $@ $< $(ALL_LDFLAGS) $(DEFINED) -Wl,-Bsymbolic -L$(lib) -lcppcgi $(LIBCRYPTO_LIBS)

# Sanitizers look into the shared one.
cgi_ldflags = $(if $(SANITIZE),,$(STATIC_LIBSTDCXX))
$(BUILD)/cgi-bin/%.cgi: $(BUILD)/obj/examples/%.o $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $< $(ALL_LDFLAGS) $(cgi_ldflags) $(lib)/libcppcgi.a $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(BUILD)/fcgi/%.fcgi: $(BUILD)/obj/examples/%.o $(libcppcgi_fcgi) $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $< $(ALL_LDFLAGS) -Wl,--whole-archive $(libcppcgi_fcgi) -Wl,--no-whole-archive $(lib)/libcppcgi.a $(FCGI_LIBS) $(core_libs) $(LIBDW_LIBS) $(LIBS)

$(BUILD)/bin/cppcgi: $(tools_cppcgi) $(tools_shared) $(host) $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $^ $(ALL_LDFLAGS) $(LIBCURL_LIBS) $(core_libs) $(host_libs) $(LIBS)

$(BUILD)/bin/cppcgi-worker: $(tools_worker) $(tools_shared) $(host) $(libcppcgi_fcgi) $(lib)/libcppcgi.a
	@mkdir -p $(@D)
	$(call say,LINK,$@)$(CXX) -o $@ $(filter %.o,$^) $(ALL_LDFLAGS) $(filter %.a,$^) $(FCGI_LIBS) $(core_libs) $(host_libs) $(LIBS)

include mk/tests.mk mk/bench.mk mk/check.mk mk/install.mk
# `make run` and what serves the demo site.
-include mk/run.mk

.PHONY: deps
deps:
	@mk/deps.sh all

.PHONY: clean distclean help
clean:
	rm -rf $(BUILD)

distclean: clean
	rm -rf configure config.mk config.log config.status autom4te.cache

help:
	@sed -n 's/^# \{0,1\}//p;/^[^#]/q' Makefile

-include $(patsubst %.o,%.d,$(core) $(gateway) $(gateway_httpd) $(gateway_fcgi) $(host) \
    $(module) $(tools_shared) $(tools_cppcgi) $(tools_worker) $(call objects,$(wildcard examples/*.cc)) \
    $(test_objects))
