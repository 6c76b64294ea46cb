// Takes uploads into the directory that CppCGIParam upload_dir names.
#include <cppcgi.h>

#include <string>
namespace cgi = cppcgi;

CPPCGI_HANDLER(save_file, req, res) {
    const auto directory = req.param("upload_dir");
    if (!directory)
        throw cgi::Error(500, "upload_dir is not set: where should uploads go?");
    const cgi::FieldStorage& form = req.form();
    res << R"(<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><title>Upload</title></head>
<body>
<h1>Upload</h1>
)";
    for (const cgi::Field& field : form) {
        // A browser sends an empty name when no file was chosen.
        if (!field.filename() || field.filename()->empty()) continue;
        if (field.done() < 0)
            throw cgi::Error(400, "the upload broke off; nothing of it was kept");
        // filename() may be ../../x or C:\x\y; the safe name has no directory in it. It
        // can be one that is there already: replacing it suits a demo, hardly a site.
        const std::string name = field.safe_filename();
        field.save_as(std::string(*directory) + "/" + name);
        res.html("<p>Stored <b>{}</b>, {} bytes (sent as <i>{}</i>).</p>\n", name,
                 field.size(), *field.filename());
    }
    res.html(R"(<form method="post" enctype="multipart/form-data" action="{}">
<p><input type="file" name="filename" multiple></p>
<p><button>Upload</button></p>
</form>
</body>
</html>
)",
             req.script_name());
}
CPPCGI_MAIN(save_file)
