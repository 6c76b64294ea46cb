/* The smallest useful script: built static and dynamic. */
#include <unistd.h>

int main(void) {
    static const char page[] =
        "Content-Type: text/plain\n\n"
        "Hello from a classic script that says one line and ends here.\n";
    return write(1, page, sizeof page - 1) == (ssize_t)(sizeof page - 1) ? 0 : 1;
}
