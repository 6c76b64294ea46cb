#!/usr/bin/env python3
"""What it costs to start a classic script: a bare vfork loop (the limit), mod_cppcgi,
mod_cgid (event) and mod_cgi (prefork), interleaved in one run.

    make bench-exec [ROUNDS=3] [SECONDS=3] [PROGRAMS="bare c-static c-dynamic c++"]

CPU is that of the server's control group, scripts included, per request; latency is
the median at one connection. Compare ratios of one run, never figures of two.
"""
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time

HTTPD, MODULES, BUILD, CC, CXX = sys.argv[1:6]
ROUNDS = int(os.environ.get("ROUNDS") or 3)
SECONDS = int(os.environ.get("SECONDS") or 3)
HERE = os.path.dirname(os.path.abspath(__file__))

MAIN = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/httpd.pid
ErrorLog {root}/error.log
DefaultRuntimeDir {root}
LoadModule mpm_{mpm}_module {modules}/mod_mpm_{mpm}.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule dirty_module {build}/t/bench/mod_dirty.so
{load}
DirtyMegabytes {dirty}
{user}
StartServers {start}
MaxRequestWorkers 64
MaxKeepAliveRequests 0
ScriptAlias /bin/ {root}/bin/
<Directory />
Require all granted
</Directory>
<IfModule mpm_prefork_module>
MinSpareServers 1
MaxSpareServers 64
</IfModule>
<IfModule !mpm_prefork_module>
ServerLimit 1
ThreadsPerChild 64
MinSpareThreads 1
MaxSpareThreads 64
</IfModule>
"""

CONTENDERS = {
    "mod_cppcgi event": ("event", "LoadModule cppcgi_module {build}/lib/mod_cppcgi.so"),
    "mod_cppcgi prefork": ("prefork", "LoadModule cppcgi_module {build}/lib/mod_cppcgi.so"),
    "mod_cgid event": ("event", "LoadModule cgid_module {modules}/mod_cgid.so\n"
                                "ScriptSock {root}/cgid.sock"),
    "mod_cgi prefork": ("prefork", "LoadModule cgi_module {modules}/mod_cgi.so"),
}


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Group:
    """A control group: the only account that includes the scripts of mod_cgid, whose
    daemon lets the kernel reap them and so never hears of their time."""

    def __init__(self):
        self.path, self.file = None, None
        with open("/proc/mounts") as f:
            mounts = [line.split() for line in f]
        for kind, option, file in (("cgroup2", "", "cpu.stat"),
                                   ("cgroup", "cpuacct", "cpuacct.usage")):
            for mount in mounts:
                if mount[2] != kind or option not in mount[3].split(",") + [""]:
                    continue
                path = tempfile.mktemp(prefix="cppcgi-bench-", dir=mount[1])
                try:
                    os.mkdir(path)
                except OSError:
                    continue
                if os.path.exists(os.path.join(path, file)):
                    self.path, self.file = path, os.path.join(path, file)
                    return
                os.rmdir(path)
        sys.exit("bench-exec needs a control group for CPU time: run it as root")

    def join(self):
        with open(os.path.join(self.path, "cgroup.procs"), "w") as f:
            f.write(str(os.getpid()))

    def cpu(self):
        with open(self.file) as f:
            text = f.read()
        match = re.search(r"usage_usec (\d+)", text)
        return int(match.group(1)) if match else int(text) / 1e3

    def remove(self):
        for _ in range(100):
            try:
                return os.rmdir(self.path)
            except OSError:
                time.sleep(0.05)


class Server:
    def __init__(self, root, mpm, load, dirty):
        self.root = tempfile.mkdtemp(dir=root)
        os.chmod(self.root, 0o755)
        os.symlink(os.path.join(root, "bin"), os.path.join(self.root, "bin"))
        self.port = free_port()
        names = dict(root=self.root, port=self.port, mpm=mpm, modules=MODULES, build=BUILD,
                     dirty=dirty, start=16 if mpm == "prefork" and not dirty else 1,
                     user="User www-data\nGroup www-data" if os.geteuid() == 0 else "")
        if mpm == "prefork" and dirty:
            names["start"] = 4
        config = os.path.join(self.root, "httpd.conf")
        with open(config, "w") as f:
            f.write(MAIN.format(load=load.format(**names), **names))
        self.group = Group()
        # Of its own process group, since httpd's SIGTERM goes to all of its group.
        self.process = subprocess.Popen(
            [HTTPD, "-d", self.root, "-f", config, "-D", "FOREGROUND"],
            start_new_session=True, preexec_fn=self.group.join)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                break
            except OSError:
                time.sleep(0.02)
        time.sleep(0.3)

    def cpu(self):
        """Microseconds of all that the server ever started."""
        return self.group.cpu()

    def load(self, program, connections):
        """Requests a second, CPU microseconds a request, median latency in ms."""
        before = self.cpu()
        text = subprocess.run(
            ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency",
             f"http://127.0.0.1:{self.port}/bin/{program}"],
            capture_output=True, text=True, check=True).stdout
        time.sleep(0.2)
        used = self.cpu() - before
        requests = int(re.search(r"(\d+) requests in", text).group(1))
        if "Non-2xx" in text or requests == 0:
            sys.exit(f"{program} fails:\n{text}{open(self.root + '/error.log').read()}")
        number, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", text).groups()
        median = float(number) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]
        return requests / SECONDS, used / requests, median

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.group.remove()


def build(root):
    bin_dir = os.path.join(root, "bin")
    os.mkdir(bin_dir)
    for command in ([CC, "-O2", "-static", "-nostartfiles", "-o", "bare", "hello_bare.c"],
                    [CC, "-O2", "-static", "-o", "c-static", "hello.c"],
                    [CC, "-O2", "-o", "c-dynamic", "hello.c"],
                    [CXX, "-O2", "-o", "c++", "hello.cc"]):
        command[-2] = os.path.join(bin_dir, command[-2])
        command[-1] = os.path.join(HERE, command[-1])
        subprocess.run(command, check=True)
    loop = os.path.join(root, "vfork_loop")
    subprocess.run([CC, "-O2", "-o", loop, os.path.join(HERE, "vfork_loop.c")], check=True)
    return loop


def measure(root, loop, program, dirty):
    results = {}
    for _ in range(ROUNDS):
        path = os.path.join(root, "bin", program)
        group = Group()
        wall, _ = map(float, subprocess.run(
            [loop, path, "1000", str(dirty)], capture_output=True, text=True, check=True,
            preexec_fn=group.join).stdout.split())
        fill = Group()  # what the loop does before its runs, most of all dirtying memory
        subprocess.run([loop, path, "0", str(dirty)], capture_output=True, check=True,
                       preexec_fn=fill.join)
        cpu = (group.cpu() - fill.cpu()) / 1000
        group.remove()
        fill.remove()
        results.setdefault("bare vfork loop", []).append((1e6 / wall, cpu, wall / 1e3, 0, 0))
        for name, (mpm, load) in CONTENDERS.items():
            server = Server(root, mpm, load, dirty)
            try:
                one = server.load(program, 1)
                many = server.load(program, 16)
            finally:
                server.stop()
            results.setdefault(name, []).append((one[0], one[1], one[2], many[0], many[1]))
    return {name: [statistics.median(column) for column in zip(*rows)]
            for name, rows in results.items()}


def show(program, dirty, results):
    bare = results["bare vfork loop"]
    cgid = results["mod_cgid event"]
    print(f"\n{program}, {dirty} MB dirty in each server child")
    print(f"{'':20}{'1 conn: req/s':>14}{'CPU us':>9}{'x bare':>8}{'x cgid':>8}"
          f"{'p50 ms':>8}{'x cgid':>8}{'16: req/s':>11}{'CPU us':>9}{'x bare':>8}{'x cgid':>8}")
    for name, (rate, cpu, p50, rate16, cpu16) in results.items():
        row = f"{name:20}{rate:14.0f}{cpu:9.0f}{cpu / bare[1]:8.2f}{cpu / cgid[1]:8.2f}"
        row += f"{p50:8.2f}{p50 / cgid[2]:8.2f}"
        if rate16:
            row += f"{rate16:11.0f}{cpu16:9.0f}{cpu16 / bare[1]:8.2f}{cpu16 / cgid[4]:8.2f}"
        print(row, flush=True)


def main():
    root = tempfile.mkdtemp(prefix="cppcgi-bench-", dir="/tmp")
    os.chmod(root, 0o755)
    try:
        loop = build(root)
        programs = (os.environ.get("PROGRAMS") or "bare c-static c-dynamic c++").split()
        for dirty in map(int, (os.environ.get("DIRTY") or "0 500").split()):
            for program in programs:
                show(program, dirty, measure(root, loop, program, dirty))
    finally:
        shutil.rmtree(root)


main()
