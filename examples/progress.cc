// A long job whose progress bar moves while it runs: the page listens to this same handler
// with ?events=on, which sends server-sent events. /progress?seconds=20 for a longer job.
#include <cppcgi.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <string>

namespace cgi = cppcgi;

namespace {

int number(std::string_view text, int otherwise) {
    int value = otherwise;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return value;
}

// One percent after the other. A browser whose connection broke comes back with the id of
// the last event it saw, and the job goes on from there.
void run_job(cgi::Response& res, int seconds) {
    auto events = res.events();
    const std::chrono::milliseconds step(seconds * 10);
    for (int percent = number(events.last_id(), 0) + 1; percent <= 100; ++percent) {
        if (!events.wait(step)) return;  // the browser has left: the work is in vain
        const std::string done = std::to_string(percent);
        events.send({.data = done, .event = "progress", .id = done});
    }
    events.send({.data = "The job is done.", .event = "done"});
}

}  // namespace

CPPCGI_HANDLER(progress, req, res) {
    const cgi::FieldStorage& form = req.form();
    const int seconds = std::clamp(number(form.getfirst("seconds"), 5), 1, 60);
    if (form.contains("events")) return run_job(res, seconds);
    res.html(
        "<!DOCTYPE html>\n<html lang=\"en\"><title>A long job</title>\n"
        "<h1>A long job</h1>\n"
        "<p><progress id=\"bar\" max=\"100\" value=\"0\" "
        "data-seconds=\"{}\"></progress>\n"
        "<p id=\"words\">The job has begun.</p>\n"
        "<script>\n"
        "const bar = document.getElementById('bar');\n"
        "const words = document.getElementById('words');\n"
        "const jobs = new EventSource('?events=on&seconds=' + bar.dataset.seconds);\n"
        "jobs.addEventListener('progress', event => {{\n"
        "    bar.value = event.data;\n"
        "    words.textContent = event.data + ' percent';\n"
        "}});\n"
        "jobs.addEventListener('done', event => {{\n"
        "    jobs.close();  // or the browser would connect again\n"
        "    words.textContent = event.data;\n"
        "}});\n"
        "</script>\n</html>\n",
        seconds);
}
CPPCGI_MAIN(progress)
