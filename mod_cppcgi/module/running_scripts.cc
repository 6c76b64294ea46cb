#include "module/running_scripts.h"

#include <new>

namespace cppcgi::module {

RunningScripts::~RunningScripts() {
    const Block* block = first_.next.load();
    while (block) {
        const Block* next = block->next.load();
        delete block;
        block = next;
    }
}

RunningScripts::Slot* RunningScripts::claim(pid_t pid) noexcept {
    for (Block* block = &first_;;) {
        for (Slot& slot : block->slots) {
            pid_t empty = 0;
            if (slot.load(std::memory_order_relaxed) == 0 &&
                slot.compare_exchange_strong(empty, pid, std::memory_order_acq_rel)) {
                return &slot;
            }
        }
        Block* next = block->next.load(std::memory_order_acquire);
        if (!next) {
            Block* fresh = new (std::nothrow) Block;
            if (!fresh) return nullptr;
            if (block->next.compare_exchange_strong(next, fresh)) {
                next = fresh;
            } else {
                delete fresh;  // another thread was quicker; `next` is its block
            }
        }
        block = next;
    }
}

}  // namespace cppcgi::module
