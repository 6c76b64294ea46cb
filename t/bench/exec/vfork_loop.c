/* The limit: start a program, read its output to the end, wait for it, N times, with M
 * megabytes of dirty memory in the parent. Prints microseconds: wall and CPU a run. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double cpu(int who) {
    struct rusage use;
    getrusage(who, &use);
    return (double)(use.ru_utime.tv_sec + use.ru_stime.tv_sec) * 1e6 +
           (double)(use.ru_utime.tv_usec + use.ru_stime.tv_usec);
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void run(char* program) {
    char* argv[] = {program, NULL};
    char* envp[] = {"PATH=/usr/bin:/bin", NULL};
    char buffer[4096];
    int out[2];
    int status;
    pid_t pid;
    if (pipe2(out, O_CLOEXEC) != 0) exit(1);
    pid = vfork();
    if (pid == 0) {
        dup2(out[1], 1);
        execve(program, argv, envp);
        _exit(127);
    }
    close(out[1]);
    while (read(out[0], buffer, sizeof buffer) > 0) {
    }
    close(out[0]);
    if (waitpid(pid, &status, 0) != pid || status != 0) exit(1);
}

int main(int argc, char** argv) {
    if (argc != 4) return 2;
    const int runs = atoi(argv[2]);
    const size_t dirty = (size_t)atoi(argv[3]) << 20;
    char* memory = malloc(dirty + 1);
    memset(memory, 1, dirty + 1);
    run(argv[1]);
    const double cpu0 = cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN);
    const double wall0 = now();
    for (int i = 0; i < runs; ++i) run(argv[1]);
    printf("%.1f %.1f\n", (now() - wall0) / runs,
           (cpu(RUSAGE_SELF) + cpu(RUSAGE_CHILDREN) - cpu0) / runs);
    return memory[dirty] == 1 ? 0 : 1;
}
