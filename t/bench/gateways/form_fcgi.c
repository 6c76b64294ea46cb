/* The example form as a plain FastCGI program over libfcgi's fcgiapp.h, with nothing else
 * between it and the server: one request after the other, as libfcgi's own examples do. */
#include <fcgiapp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int digit(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : ((c | 32) >= 'a' && (c | 32) <= 'f') ? (c | 32) - 'a' + 10 : -1;
}

static void unescape(char *text)
{
    char *to = text;
    for (; *text; ++text) {
        if (*text == '+') {
            *to++ = ' ';
        } else if (*text == '%' && digit(text[1]) >= 0 && digit(text[2]) >= 0) {
            *to++ = (char)(digit(text[1]) * 16 + digit(text[2]));
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = '\0';
}

static void put_escaped(const char *text, FCGX_Stream *out)
{
    for (; *text; ++text) {
        switch (*text) {
        case '<': FCGX_PutS("&lt;", out); break;
        case '>': FCGX_PutS("&gt;", out); break;
        case '&': FCGX_PutS("&amp;", out); break;
        case '"': FCGX_PutS("&quot;", out); break;
        default: FCGX_PutChar(*text, out);
        }
    }
}

int main(void)
{
    FCGX_Request request;
    FCGX_Init();
    FCGX_InitRequest(&request, 0, 0);
    while (FCGX_Accept_r(&request) >= 0) {
        const char *first = "you", *last = "", *query = FCGX_GetParam("QUERY_STRING", request.envp);
        char *copy = strdup(query ? query : ""), *rest = copy, *pair;
        int fields = 0, variables = 0;
        while ((pair = strtok_r(rest, "&", &rest)) != NULL) {
            char *value = strchr(pair, '=');
            if (!value || !value[1])
                continue;
            *value++ = '\0';
            unescape(pair);
            unescape(value);
            ++fields;
            if (strcmp(pair, "first_name") == 0)
                first = value;
            if (strcmp(pair, "last_name") == 0)
                last = value;
        }
        while (request.envp[variables])
            ++variables;
        FCGX_PutS("Status: 200\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
                  "<!DOCTYPE html>\n<html lang=\"en\">\n<head><title>Form</title></head>\n"
                  "<body>\n<h1>Hello ", request.out);
        put_escaped(first, request.out);
        FCGX_PutChar(' ', request.out);
        put_escaped(last, request.out);
        FCGX_FPrintF(request.out,
                     "</h1>\n<p>%d variables make up the environment of this request, and %d "
                     "fields its form.</p>\n<p>This page is about 300 bytes long, as those are "
                     "that the other servers send.</p>\n</body>\n</html>\n",
                     variables, fields);
        free(copy);
        /* To the empty record at the end of its input: what is left unread makes libfcgi
         * close a kept connection now and then, and httpd answer 503. */
        while (FCGX_GetChar(request.in) != EOF)
            ;
    }
    return 0;
}
