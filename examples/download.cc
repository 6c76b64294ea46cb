// A file to download, whose name is not ASCII: /download?name=... for another name.
#include <cppcgi.h>
namespace cgi = cppcgi;

CPPCGI_HANDLER(download, req, res) {
    const cgi::FieldStorage& form = req.form();
    res.content_type("text/plain; charset=utf-8");
    // Whatever the name holds, it cannot break out of the header. For a file on disk,
    // res.send_file("/srv/reports/7.pdf") sends it without reading it into memory.
    res.attachment(form.getfirst("name", "Gr\u00fc\u00dfe aus K\u00f6ln.txt"));
    res << "Sch\u00f6ne Gr\u00fc\u00dfe!\n";
}
CPPCGI_MAIN(download)
