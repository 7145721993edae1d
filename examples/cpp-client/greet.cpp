// A client the way an introduction to sockets writes it: socket, connect, send, recv, close.
//
// It knows nothing of frames. It sends the name in a buffer of 1024 bytes filled up with zeros and prints what comes back, so it
// talks to the plain text port of a Greetwire server.
//
//   g++ -std=c++17 -o greet greet.cpp && ./greet 127.0.0.1 4357 Ada

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

constexpr std::size_t BUFFER_SIZE = 1024;

int fail(const char *action) {
    std::perror(action);
    return EXIT_FAILURE;
}

int main(int argc, char *argv[]) {
    if (argc != 4) {
        std::fprintf(stderr, "usage: %s HOST PORT NAME\n", argv[0]);
        return 2;
    }

    sockaddr_in server{};
    server.sin_family = AF_INET;
    server.sin_port = htons(static_cast<uint16_t>(std::atoi(argv[2])));
    if (inet_pton(AF_INET, argv[1], &server.sin_addr) != 1) {
        std::fprintf(stderr, "%s is not an IPv4 address\n", argv[1]);
        return 2;
    }

    int client = socket(AF_INET, SOCK_STREAM, 0);
    if (client < 0) return fail("socket");

    if (connect(client, reinterpret_cast<sockaddr *>(&server), sizeof server) < 0) return fail("connect");

    char request[BUFFER_SIZE] = {};
    std::strncpy(request, argv[3], BUFFER_SIZE - 1);
    if (send(client, request, BUFFER_SIZE, 0) != static_cast<ssize_t>(BUFFER_SIZE)) return fail("send");

    // A stream may hand the reply over in pieces; it ends at its line feed.
    std::string reply;
    char piece[BUFFER_SIZE];
    while (reply.find('\n') == std::string::npos) {
        ssize_t count = recv(client, piece, sizeof piece, 0);
        if (count < 0) return fail("recv");
        if (count == 0) break;
        reply.append(piece, static_cast<std::size_t>(count));
    }
    std::fputs(reply.c_str(), stdout);

    close(client);
    return EXIT_SUCCESS;
}
