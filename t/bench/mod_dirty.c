/* For benchmarks: DirtyMegabytes N fills so much memory in each server child, as a large
 * application inside the server would. */
#include <httpd.h>
#include <http_config.h>
#include <stdlib.h>
#include <string.h>

module AP_MODULE_DECLARE_DATA dirty_module;

static int megabytes;

static const char* set_megabytes(cmd_parms* cmd, void* config, const char* text) {
    (void)cmd;
    (void)config;
    megabytes = atoi(text);
    return NULL;
}

static void child_init(apr_pool_t* pool, server_rec* server) {
    const size_t size = (size_t)megabytes << 20;
    char* memory = size ? malloc(size) : NULL;
    (void)pool;
    (void)server;
    if (memory) memset(memory, 1, size);
}

static void hooks(apr_pool_t* pool) {
    (void)pool;
    ap_hook_child_init(child_init, NULL, NULL, APR_HOOK_MIDDLE);
}

static const command_rec commands[] = {
    AP_INIT_TAKE1("DirtyMegabytes", set_megabytes, NULL, RSRC_CONF, "megabytes"),
    {NULL}};

AP_DECLARE_MODULE(dirty) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, commands, hooks
#ifdef AP_MODULE_FLAG_NONE
                            ,
                            AP_MODULE_FLAG_NONE
#endif
};
