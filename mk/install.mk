# make install: the module where apxs says, all else below PREFIX. DESTDIR stands before
# everything. What is not built is not installed.
LIBDIR = $(PREFIX)/lib
MODULEDIR = $(HTTPD_LIBEXECDIR)
pkgconfig := $(LIBDIR)/pkgconfig
cmake := $(LIBDIR)/cmake/cppcgi
mods := $(HTTPD_SYSCONFDIR)/mods-available
share := $(PREFIX)/share/cppcgi
manual := $(PREFIX)/share/man/man1/cppcgi.1
completion := $(PREFIX)/share/bash-completion/completions/cppcgi
put = install -D -m $(1) $(2) $(DESTDIR)$(3)

# As both targets need them.
headers := $(wildcard include/*.h include/cppcgi/*.h)
samples := $(wildcard conf/worker-*.conf conf/cppcgi-worker@.*)
packaging := cppcgi.pc cppcgi-config.cmake $(if $(FCGI_FOUND),cppcgi-fcgi.pc)

# What names the places of this installation.
$(packaging:%=$(BUILD)/%): $(BUILD)/%: mk/%.in FORCE
	@mkdir -p $(@D)
	@sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@LIBDIR@,$(LIBDIR),' -e 's,@VERSION@,$(VERSION),' \
	    -e 's,@PRIVATE@,$(strip $(core_libs) $(LIBDW_LIBS)),' -e 's,@FCGI_LIBS@,$(strip $(FCGI_LIBS)),' $< >$@
$(BUILD)/cppcgi.load: conf/cppcgi.load FORCE
	@mkdir -p $(@D)
	@sed -e 's,/usr/lib/apache2/modules,$(MODULEDIR),' $< >$@
$(BUILD)/cppcgi.1: $(BUILD)/bin/cppcgi
	@$< manual >$@
$(BUILD)/cppcgi.bash: $(BUILD)/bin/cppcgi
	@$< manual --completion >$@

.PHONY: FORCE
FORCE:

# The module looks for libcppcgi.so.1 there: another PREFIX builds that anew.
$(BUILD)/libdir: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBDIR)' | cmp -s - $@ || echo '$(LIBDIR)' >$@
$(BUILD)/obj/mod_cppcgi/module/own_library.o: $(BUILD)/libdir

.PHONY: install uninstall
install: all $(packaging:%=$(BUILD)/%) $(BUILD)/cppcgi.load $(if $(CLI11_FOUND),$(BUILD)/cppcgi.1 $(BUILD)/cppcgi.bash)
	$(call put,644,$(lib)/mod_cppcgi.so,$(MODULEDIR)/mod_cppcgi.so)
	$(call put,644,$(lib)/libcppcgi.so.1,$(LIBDIR)/libcppcgi.so.1)
	ln -sf libcppcgi.so.1 $(DESTDIR)$(LIBDIR)/libcppcgi.so
	$(call put,644,$(lib)/libcppcgi.a,$(LIBDIR)/libcppcgi.a)
	$(if $(libcppcgi_fcgi),$(call put,644,$(libcppcgi_fcgi),$(LIBDIR)/libcppcgi-fcgi.a))
	$(foreach program,$(notdir $(tools)),$(call put,755,$(BUILD)/bin/$(program),$(PREFIX)/bin/$(program)) &&) :
	$(foreach header,$(headers),$(call put,644,$(header),$(PREFIX)/$(header)) &&) :
	$(foreach file,$(filter %.pc,$(packaging)),$(call put,644,$(BUILD)/$(file),$(pkgconfig)/$(file)) &&) :
	$(call put,644,$(BUILD)/cppcgi-config.cmake,$(cmake)/cppcgi-config.cmake)
	$(call put,644,$(BUILD)/cppcgi.load,$(mods)/cppcgi.load)
	$(call put,644,conf/cppcgi.conf,$(mods)/cppcgi.conf)
	$(foreach file,$(samples),$(call put,644,$(file),$(share)/$(notdir $(file))) &&) :
	$(if $(CLI11_FOUND),$(call put,644,$(BUILD)/cppcgi.1,$(manual)))
	$(if $(CLI11_FOUND),$(call put,644,$(BUILD)/cppcgi.bash,$(completion)))
	[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || :

installed = $(MODULEDIR)/mod_cppcgi.so $(LIBDIR)/libcppcgi.so.1 $(LIBDIR)/libcppcgi.so $(LIBDIR)/libcppcgi.a \
    $(LIBDIR)/libcppcgi-fcgi.a $(PREFIX)/bin/cppcgi $(PREFIX)/bin/cppcgi-worker $(headers:%=$(PREFIX)/%) \
    $(pkgconfig)/cppcgi.pc $(pkgconfig)/cppcgi-fcgi.pc $(cmake)/cppcgi-config.cmake $(mods)/cppcgi.load \
    $(mods)/cppcgi.conf $(samples:conf/%=$(share)/%) $(manual) $(completion)
# Folders that may have been made for them. PREFIX itself stays, and in /usr and /usr/local
# what every system has.
folders = $(sort $(dir $(installed)))
prune = rmdir -p --ignore-fail-on-non-empty

uninstall:
	rm -f $(addprefix $(DESTDIR),$(installed))
	@cd "$(or $(DESTDIR),$(PREFIX))" 2>/dev/null || exit 0; \
	for folder in $(if $(DESTDIR),$(folders:/%=%),$(patsubst $(PREFIX)/%,%,$(filter $(PREFIX)/%,$(folders)))); do \
	    [ -d "$$folder" ] || continue; \
	    case "$(PREFIX)$(DESTDIR):$$folder" in \
	    /usr:bin/ | /usr:lib/ | /usr:include/ | /usr/local:bin/ | /usr/local:lib/ | /usr/local:include/) ;; \
	    /usr:* | /usr/local:*) rmdir --ignore-fail-on-non-empty "$$folder" ;; \
	    *) $(prune) "$$folder" ;; \
	    esac; \
	done
