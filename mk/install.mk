# make install: the module where apxs says, all else below PREFIX. DESTDIR stands before
# everything. What is not built is not installed.
LIBDIR = $(PREFIX)/lib
MODULEDIR = $(HTTPD_LIBEXECDIR)
pkgconfig := $(LIBDIR)/pkgconfig
put = install -D -m $(1) $(2) $(DESTDIR)$(3)

# The symbolic link and the files of the headers' folders, as both targets need them.
headers := $(wildcard include/*.h include/cppcgi/*.h)

$(BUILD)/cppcgi.pc: mk/cppcgi.pc.in FORCE
	@mkdir -p $(@D)
	@sed -e 's,@PREFIX@,$(PREFIX),' -e 's,@LIBDIR@,$(LIBDIR),' -e 's,@VERSION@,$(VERSION),' \
	    -e 's,@PRIVATE@,$(strip $(core_libs) $(LIBDW_LIBS)),' $< >$@

.PHONY: FORCE
FORCE:

# The module looks for libcppcgi.so.1 there: another PREFIX builds that anew.
$(BUILD)/libdir: FORCE
	@mkdir -p $(@D)
	@echo '$(LIBDIR)' | cmp -s - $@ || echo '$(LIBDIR)' >$@
$(BUILD)/obj/mod_cppcgi/module/own_library.o: $(BUILD)/libdir

.PHONY: install uninstall
install: all $(BUILD)/cppcgi.pc
	$(call put,644,$(lib)/mod_cppcgi.so,$(MODULEDIR)/mod_cppcgi.so)
	$(call put,644,$(lib)/libcppcgi.so.1,$(LIBDIR)/libcppcgi.so.1)
	ln -sf libcppcgi.so.1 $(DESTDIR)$(LIBDIR)/libcppcgi.so
	$(call put,644,$(lib)/libcppcgi.a,$(LIBDIR)/libcppcgi.a)
	$(if $(libcppcgi_fcgi),$(call put,644,$(libcppcgi_fcgi),$(LIBDIR)/libcppcgi-fcgi.a))
	$(foreach program,$(notdir $(tools)),$(call put,755,$(BUILD)/bin/$(program),$(PREFIX)/bin/$(program)) &&) :
	$(foreach header,$(headers),$(call put,644,$(header),$(PREFIX)/$(header)) &&) :
	$(call put,644,$(BUILD)/cppcgi.pc,$(pkgconfig)/cppcgi.pc)
	$(if $(wildcard conf/cppcgi.load),$(call put,644,conf/cppcgi.load,$(HTTPD_SYSCONFDIR)/mods-available/cppcgi.load))
	$(if $(wildcard conf/cppcgi.conf),$(call put,644,conf/cppcgi.conf,$(HTTPD_SYSCONFDIR)/mods-available/cppcgi.conf))
	[ -n "$(DESTDIR)" ] || ldconfig 2>/dev/null || :

uninstall:
	rm -f $(addprefix $(DESTDIR),$(MODULEDIR)/mod_cppcgi.so $(LIBDIR)/libcppcgi.so.1 $(LIBDIR)/libcppcgi.so \
	    $(LIBDIR)/libcppcgi.a $(LIBDIR)/libcppcgi-fcgi.a $(PREFIX)/bin/cppcgi $(PREFIX)/bin/cppcgi-worker \
	    $(headers:%=$(PREFIX)/%) $(pkgconfig)/cppcgi.pc $(HTTPD_SYSCONFDIR)/mods-available/cppcgi.load \
	    $(HTTPD_SYSCONFDIR)/mods-available/cppcgi.conf)
	-[ ! -d $(DESTDIR)$(PREFIX)/include/cppcgi ] || rmdir $(DESTDIR)$(PREFIX)/include/cppcgi
