// The same in C++, as people write it.
#include <iostream>

int main() {
    std::cout << "Content-Type: text/plain\n\n"
              << "Hello from a classic script that says one line and ends here.\n";
}
