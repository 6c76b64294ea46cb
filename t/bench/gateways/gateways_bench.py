#!/usr/bin/env python3
"""make bench-gateways: the example form outside the server, beside what users would write
instead.

* A FastCGI worker behind mod_proxy_fcgi against a plain program of libfcgi: four processes
  each, started alike, one connection kept to each of them (enablereuse=on max=4).
* Our classic program against one with cgicc, both under mod_cgid.
* Starting our classic program (its answer included) against an empty C++ program.

CPU per request, of httpd and the program together and of the program alone, from control
groups (needs root); 16 connections, in turns; a ratio is the median of the ratios within
a round. The server has processor 0 and who asks it processor 1.

    gateways_bench.py HTTPD MODULES BUILD [ROUNDS]
"""
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time

QUERY = "?first_name=Margaret&last_name=Smith%2DJones&age=42&city=Rome"
HTTPD, MODULES, BUILD = sys.argv[1:4]
ROUNDS = int(sys.argv[4]) if len(sys.argv) > 4 else 7
PORT = 18997
PROCESSES = 4
STARTS = 400


class Account:
    """A control group of its own: what a program and its children spend."""

    def __init__(self, name):
        root = "/sys/fs/cgroup/cpuacct" if os.path.isdir("/sys/fs/cgroup/cpuacct") else "/sys/fs/cgroup"
        self.path = f"{root}/cppcgi-{name}-{os.getpid()}"
        os.mkdir(self.path)

    def enter(self):
        with open(f"{self.path}/cgroup.procs", "w") as file:
            file.write(str(os.getpid()))

    def spent(self):
        """Microseconds."""
        usage = f"{self.path}/cpuacct.usage"
        if os.path.exists(usage):
            return int(open(usage).read()) / 1e3
        return int(re.search(r"usage_usec (\d+)", open(f"{self.path}/cpu.stat").read())[1])

    def remove(self):
        for _ in range(100):
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.05)


class Program:
    """Started in a session and an account of its own."""

    def __init__(self, name, command):
        self.account = Account(name)

        def prepare():
            os.setsid()
            self.account.enter()
            os.sched_setaffinity(0, {0})
        self.process = subprocess.Popen(command, preexec_fn=prepare)

    def end(self):
        try:
            os.killpg(self.process.pid, signal.SIGTERM)
            self.process.wait(10)
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait(10)
        self.account.remove()


def configuration(root):
    names = ["mpm_event", "authz_core", "unixd", "alias", "mime", "env", "cgid", "proxy", "proxy_fcgi"]
    load = "".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so\n" for n in names
                   if os.path.exists(f"{MODULES}/mod_{n}.so"))
    pools = "".join(
        f"ProxyPass /{name}/form unix:{root}/{name}.sock|fcgi://{name}/form "
        f"enablereuse=on min={PROCESSES} smax={PROCESSES} max={PROCESSES} ttl=3600\n"
        for name in ("worker", "libfcgi"))
    return f"""ServerRoot {root}
ServerName 127.0.0.1
Listen 127.0.0.1:{PORT}
{load}User www-data
Group www-data
TypesConfig /dev/null
PidFile httpd.pid
ErrorLog error.log
DefaultRuntimeDir {root}
ScriptSock {root}/cgid.sock
DocumentRoot {root}
MaxKeepAliveRequests 0
KeepAliveTimeout 60
StartServers 1
ServerLimit 1
ThreadsPerChild 32
MinSpareThreads 1
MaxSpareThreads 32
MaxRequestWorkers 32
{pools}
ScriptAlias /classic/form {root}/form.cgi
ScriptAlias /cgicc/form {root}/form_cgicc.cgi
"""


def wait_for(condition, what):
    for _ in range(400):
        if condition():
            return
        time.sleep(0.05)
    sys.exit(f"{what} did not come")


def load(name, root):
    """Requests answered in two seconds by 16 connections."""
    report = subprocess.run(["taskset", "-c", "1", "wrk", "-t1", "-c16", "-d2s",
                             f"http://127.0.0.1:{PORT}/{name}/form{QUERY}"],
                            capture_output=True, text=True).stdout
    if "Non-2xx" in report or "Socket errors" in report:
        sys.exit(f"{name}: {report}" + open(f"{root}/error.log").read()[-2000:])
    return int(re.search(r"(\d+) requests in", report)[1])


def compare(what, ours, other, wanted):
    ratios = [a / b for a, b in zip(ours, other)]
    print(f"{what:34} {statistics.median(ours):8.1f} us {statistics.median(other):8.1f} us  "
          f"{statistics.median(ratios):5.2f} ({min(ratios):.2f}-{max(ratios):.2f})  {wanted}")


def page(name):
    text = subprocess.run(["curl", "-s", f"http://127.0.0.1:{PORT}/{name}/form{QUERY}"],
                          capture_output=True, text=True).stdout
    if "Hello Margaret Smith-Jones" not in text or "4 fields" not in text:
        sys.exit(f"{name} answered {text}")
    # Ours leaves FCGI_ROLE out of the environment.
    return re.sub(r"\d+ variables", "some variables", text)


def measure(root, programs):
    """name: (CPU of all per request, CPU of its program alone) of each round"""
    names = ["worker", "libfcgi", "classic", "cgicc"]
    costs = {name: [] for name in names}
    for number in range(ROUNDS + 1):
        for name in names if number % 2 else names[::-1]:
            accounts = [programs[p].account for p in ("httpd", name) if p in programs]
            before = [account.spent() for account in accounts]
            requests = load(name, root)
            spent = [account.spent() - b for account, b in zip(accounts, before)]
            if number:  # the first warms up
                costs[name].append((sum(spent) / requests, spent[-1] / requests))
    return costs


def starts(root):
    """Microseconds from the start of each program to its end."""
    programs = {"ours": f"{root}/form.cgi", "empty": f"{BUILD}/t/bench/empty"}
    environment = {"GATEWAY_INTERFACE": "CGI/1.1", "REQUEST_METHOD": "GET", "QUERY_STRING": QUERY[1:]}
    null = os.open(os.devnull, os.O_RDWR)
    redirect = [(os.POSIX_SPAWN_DUP2, null, 0), (os.POSIX_SPAWN_DUP2, null, 1)]
    times = {name: [] for name in programs}
    for number in range(STARTS):
        for name, path in programs.items():
            begin = time.perf_counter()
            pid = os.posix_spawn(path, [path], environment, file_actions=redirect)
            _, status, usage = os.wait4(pid, 0)
            if status:
                sys.exit(f"{path} ended with {status}")
            times[name].append((time.perf_counter() - begin) * 1e6)
    return [statistics.median(times[name][i::10]) for name in programs for i in range(10)]


def main():
    root = tempfile.mkdtemp(prefix="cppcgi-gateways-")
    os.chmod(root, 0o755)
    for source, name in [("cgi-bin/form.cgi", "form.cgi"), ("t/bench/form_cgicc.cgi", "form_cgicc.cgi")]:
        shutil.copy(f"{BUILD}/{source}", f"{root}/{name}")
    with open(f"{root}/httpd.conf", "w") as file:
        file.write(configuration(root))
    programs = {}
    try:
        # Both get the socket that spawn-fcgi opens, and as many processes.
        programs["worker"] = Program("worker", [
            "spawn-fcgi", "-n", "-s", f"{root}/worker.sock", "--", f"{BUILD}/bin/cppcgi-worker",
            "--processes", str(PROCESSES), f"{BUILD}/handlers/form.so"])
        programs["libfcgi"] = Program("libfcgi", [
            "spawn-fcgi", "-n", "-s", f"{root}/libfcgi.sock", "--", "/bin/sh", "-c",
            # What sh puts into the background has no standard input of its own.
            f"exec 3<&0; for i in $(seq {PROCESSES}); do {BUILD}/t/bench/form_fcgi <&3 3<&- & done; wait"])
        for name in programs:
            wait_for(lambda: os.path.exists(f"{root}/{name}.sock"), f"{name}'s socket")
            os.chmod(f"{root}/{name}.sock", 0o666)
        programs["httpd"] = Program("httpd", [HTTPD, "-f", f"{root}/httpd.conf", "-DFOREGROUND"])
        wait_for(lambda: os.path.exists(f"{root}/httpd.pid"), "httpd")
        time.sleep(1)
        if page("worker") != page("libfcgi") or page("classic") != page("cgicc"):
            sys.exit("the pages differ:\n" + "\n".join(page(name) for name in ("worker", "libfcgi", "classic", "cgicc")))
        costs = measure(root, programs)
        print(f"{'':34} {'ours':>11} {'the other':>11}  ratio (least-most), wanted at most")
        for ours, other, title, wanted in [("worker", "libfcgi", "FastCGI beside libfcgi", 1.05),
                                           ("classic", "cgicc", "classic beside cgicc", 0.75)]:
            compare(title + ", all", [c[0] for c in costs[ours]], [c[0] for c in costs[other]], wanted)
        compare("FastCGI beside libfcgi, alone", [c[1] for c in costs["worker"]],
                [c[1] for c in costs["libfcgi"]], "")
        medians = starts(root)
        compare("start beside an empty program", medians[:10], medians[10:], 1.4)
    finally:
        for program in programs.values():
            program.end()
        shutil.rmtree(root, ignore_errors=True)


main()
