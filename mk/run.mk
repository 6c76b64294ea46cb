# `make run`: the demo site on a private httpd, in the foreground.
#   PORT=8080  MPM=event|worker|prefork
#   STAGE=/tmp is where its files are copied to: not TMPDIR, which may be root's alone
PORT ?= 8080
MPM ?= event
STAGE ?= /tmp

.PHONY: run run-configured
run:
	@mk/deps.sh run
	$(submake) -s all
	+@$(MAKE) --no-print-directory run-configured

run-configured:
	@exec env HTTPD="$(HTTPD)" HTTPD_MODULES="$(HTTPD_LIBEXECDIR)" BUILD="$(BUILD)" PORT="$(PORT)" \
	    MPM="$(MPM)" STAGE="$(STAGE)" mk/run.sh
