/* The same without the start of a C library, which takes 0.5 ms on a virtual machine that
 * traps CPUID: what is measured is what the server does. */
#include <sys/syscall.h>
#include <unistd.h>

void _start(void) {
    static const char page[] =
        "Content-Type: text/plain\n\n"
        "Hello from a classic script that says one line and ends here.\n";
    syscall(SYS_write, 1, page, sizeof page - 1);
    for (;;) syscall(SYS_exit_group, 0);
}
