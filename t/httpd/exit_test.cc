// No static object of a library is destroyed under a running call, however its child ends.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include "t/httpd/raw_socket.h"
#include "t/httpd/server.h"

namespace cppcgi_test {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ChildExit : public HttpdTest {
protected:
    void SetUp() override {
        server.write("report/file", "", 0666);
        server.start(
            "CppCGILibrary ${TEST_HANDLERS}/statics.so\n"
            "CppCGIParam report ${ROOT}/report/file\n"
            "<Location /wait>\nCppCGIHandler statics\n</Location>\n");
    }
    std::string report() { return read_file(server.root() / "report/file"); }
    // A call that runs for a while: worker and event wait for it, prefork does not.
    void call(RawSocket& raw) {
        const std::string milliseconds = server.threaded() ? "1500" : "20000";
        raw.send("GET /wait?" + milliseconds + " HTTP/1.0\r\n\r\n");
        ASSERT_THAT(raw.read_until("waiting"), HasSubstr("waiting"));
    }
};

TEST_P(ChildExit, ByStopLeavesStaticObjectsOfARunningCallAlone) {
    RawSocket raw(server.port());
    call(raw);
    server.stop();
    EXPECT_THAT(report(), Not(HasSubstr("under a call")));
    server.log().allow("AH00045|AH00046|AH00047|exit signal Killed");
}

TEST_P(ChildExit, ByRestartLeavesStaticObjectsOfARunningCallAlone) {
    RawSocket raw(server.port());
    call(raw);
    ASSERT_TRUE(server.restart());
    EXPECT_THAT(report(), Not(HasSubstr("under a call")));
    server.log().allow("AH00045|AH00046|AH00047|exit signal Killed");
}

TEST_P(ChildExit, ByGracefulLetsTheCallEnd) {
    RawSocket raw(server.port());
    raw.send("GET /wait?300 HTTP/1.0\r\n\r\n");
    raw.read_until("waiting");
    ASSERT_EQ(kill(server.pid(), SIGUSR1), 0);
    raw.read_all();
    EXPECT_EQ(raw.ended(), RawSocket::End::closed);
    EXPECT_TRUE(
        poll_until([this] { return report().find("idle") != std::string::npos; }));
    EXPECT_THAT(report(), Not(HasSubstr("under a call")));
}

CPPCGI_ON_EVERY_MPM(ChildExit);

}  // namespace
}  // namespace cppcgi_test
