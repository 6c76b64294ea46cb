/* The limit: the examples hello, form and post as plain httpd handlers, with nothing
 * between them and the server. They answer the same bytes; `make bench` checks that. And
 * drain, which drops a body as fast as httpd hands it out. */
#include "httpd.h"
#include "http_config.h"
#include "http_protocol.h"
#include "util_script.h"

#include "apr_strings.h"
#include "apr_tables.h"

#include <string.h>

static int hello(request_rec *r)
{
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rputs("<!DOCTYPE html>\n<html lang=\"en\"><head><title>Hello</title></head>"
             "<body><h1>Hello, world</h1></body></html>\n",
             r);
    return OK;
}

static apr_table_t *parse(request_rec *r, const char *query)
{
    apr_table_t *fields = apr_table_make(r->pool, 8);
    char *rest = apr_pstrdup(r->pool, query ? query : "");
    char *pair;
    while ((pair = apr_strtok(rest, "&", &rest)) != NULL) {
        char *value = strchr(pair, '=');
        if (!value || !value[1])
            continue;
        *value++ = '\0';
        ap_unescape_urlencoded(pair);
        ap_unescape_urlencoded(value);
        apr_table_addn(fields, pair, value);
    }
    return fields;
}

static const char *first(request_rec *r, apr_table_t *fields, const char *name,
                         const char *otherwise)
{
    const char *value = apr_table_get(fields, name);
    return ap_escape_html(r->pool, value ? value : otherwise);
}

static int form(request_rec *r)
{
    apr_table_t *fields;
    ap_add_common_vars(r);
    ap_add_cgi_vars(r);
    fields = parse(r, r->args);
    ap_set_content_type(r, "text/html; charset=utf-8");
    ap_rprintf(r,
               "<!DOCTYPE html>\n"
               "<html lang=\"en\">\n"
               "<head><title>Form</title></head>\n"
               "<body>\n"
               "<h1>Hello %s %s</h1>\n"
               "<p>%d variables make up the environment of this request, and %d fields "
               "its form.</p>\n"
               "<p>This page is about 300 bytes long, as those are that the other "
               "servers send.</p>\n"
               "</body>\n"
               "</html>\n",
               first(r, fields, "first_name", "you"), first(r, fields, "last_name", ""),
               apr_table_elts(r->subprocess_env)->nelts, apr_table_elts(fields)->nelts);
    return OK;
}

static int post(request_rec *r)
{
    char block[4096];
    long got;
    int status = ap_setup_client_block(r, REQUEST_CHUNKED_DECHUNK);
    if (status != OK)
        return status;
    ap_set_content_type(r, "text/plain; charset=utf-8");
    apr_table_setn(r->headers_out, "X-Content-Type-Options", "nosniff");
    if (!ap_should_client_block(r))
        return OK;
    while ((got = ap_get_client_block(r, block, sizeof block)) > 0)
        ap_rwrite(block, (int)got, r);
    return got < 0 ? HTTP_BAD_REQUEST : OK;
}

static int drain(request_rec *r)
{
    apr_bucket_brigade *brigade = apr_brigade_create(r->pool, r->connection->bucket_alloc);
    apr_off_t total = 0;
    int ended = 0;
    while (!ended) {
        apr_bucket *bucket;
        apr_status_t got = ap_get_brigade(r->input_filters, brigade, AP_MODE_READBYTES,
                                          APR_BLOCK_READ, 65536);
        if (got != APR_SUCCESS)
            return ap_map_http_request_error(got, HTTP_BAD_REQUEST);
        for (bucket = APR_BRIGADE_FIRST(brigade); bucket != APR_BRIGADE_SENTINEL(brigade);
             bucket = APR_BUCKET_NEXT(bucket)) {
            const char *data;
            apr_size_t size;
            if (APR_BUCKET_IS_EOS(bucket))
                ended = 1;
            else if (!APR_BUCKET_IS_METADATA(bucket) &&
                     apr_bucket_read(bucket, &data, &size, APR_BLOCK_READ) == APR_SUCCESS)
                total += (apr_off_t)size;
        }
        apr_brigade_cleanup(brigade);
    }
    ap_set_content_type(r, "text/plain");
    ap_rprintf(r, "%" APR_OFF_T_FMT "\n", total);
    return OK;
}

static int handler(request_rec *r)
{
    if (!r->handler || strncmp(r->handler, "bare-", 5) != 0)
        return DECLINED;
    if (strcmp(r->handler, "bare-hello") == 0)
        return hello(r);
    if (strcmp(r->handler, "bare-form") == 0)
        return form(r);
    if (strcmp(r->handler, "bare-post") == 0)
        return post(r);
    if (strcmp(r->handler, "bare-drain") == 0)
        return drain(r);
    return DECLINED;
}

static void register_hooks(apr_pool_t *p)
{
    (void)p;
    ap_hook_handler(handler, NULL, NULL, APR_HOOK_MIDDLE);
}

AP_DECLARE_MODULE(bare) = {STANDARD20_MODULE_STUFF, NULL, NULL, NULL, NULL, NULL,
                           register_hooks, AP_MODULE_FLAG_NONE};
