/*
 * What a client and a server say to each other, as templates: an opening, then requests and replies of fixed lengths.
 *
 * Every protocol here carries the same job: send a name, get it back greeted (redis and echo: get it back). A protocol with ids
 * may answer in any order; one without answers in the order of the requests.
 */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEMPLATE_BYTES = 4096 };

typedef struct {
  uint8_t bytes[TEMPLATE_BYTES];
  int length;
  int idAt;    /* -1: none */
  int labelAt; /* where the ten digits of the connection are; -1: nowhere */
} Template;

typedef struct {
  char opening[512];     /* what the client sends first, with the label as %s; empty: nothing */
  const char *opened;    /* how the server's reply to the opening ends */
  const char *call;      /* what the server may put between two replies, and what it wants to hear then */
  const char *response;
  Template request, reply;
} Exchange;

static void put(Template *template, const void *bytes, int length) {
  memcpy(template->bytes + template->length, bytes, (size_t)length);
  template->length += length;
}

static void putText(Template *template, const char *text) { put(template, text, (int)strlen(text)); }

static void putFrame(Template *template, int type, const char *before, const char *text, int length) {
  int whole = (int)strlen(before) + length;
  uint8_t header[8] = {0, (uint8_t)(whole >> 8), (uint8_t)whole, (uint8_t)type};
  template->idAt = 4;
  put(template, header, 8);
  putText(template, before);
  put(template, text, length);
}

/* A WebSocket text frame; a client's is masked, here with the key 0, which leaves the bytes as they are. */
static void putMessage(Template *template, const char *before, const char *text, int length, int masked) {
  int whole = (int)strlen(before) + length;
  uint8_t mark = masked ? 0x80 : 0, small[2] = {0x81, (uint8_t)(mark | whole)};
  uint8_t large[4] = {0x81, mark | 126, (uint8_t)(whole >> 8), (uint8_t)whole};
  if (whole < 126) put(template, small, 2);
  else put(template, large, 4);
  if (masked) put(template, "\0\0\0\0", 4);
  putText(template, before);
  put(template, text, length);
}

static void putRedis(Template *template, const char *text, int length) {
  char head[32];
  sprintf(head, "$%d\r\n", length);
  putText(template, head);
  put(template, text, length);
  putText(template, "\r\n");
}

static void putNats(Template *template, const char *verb, const char *before, const char *text, int length) {
  char head[128];
  sprintf(head, "%s %d\r\n%s", verb, (int)strlen(before) + length, before);
  putText(template, head);
  put(template, text, length);
  putText(template, "\r\n");
}

/* Fills `exchange`; exits if there is no such protocol. */
static void describe(Exchange *exchange, const char *protocol, const char *name, int length) {
  Template *request = &exchange->request, *reply = &exchange->reply;
  memset(exchange, 0, sizeof *exchange);
  request->idAt = reply->idAt = request->labelAt = reply->labelAt = -1;
  if (!strcmp(protocol, "greet") || !strcmp(protocol, "echo")) {
    putFrame(request, 3, "", name, length);
    if (protocol[0] == 'g') putFrame(reply, 4, "Hello ", name, length);
    else putFrame(reply, 3, "", name, length);
  } else if (!strcmp(protocol, "ping")) {
    putFrame(request, 6, "", "", 0);
    putFrame(reply, 7, "", "", 0);
  } else if (!strcmp(protocol, "redis")) {
    putText(request, "*2\r\n$4\r\nECHO\r\n");
    putRedis(request, name, length);
    putRedis(reply, name, length);
  } else if (!strcmp(protocol, "nats")) {
    strcpy(exchange->opening,
           "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB _INBOX.%s 1\r\nPING\r\n");
    exchange->opened = "PONG\r\n";
    exchange->call = "PING\r\n";
    exchange->response = "PONG\r\n";
    putNats(request, "PUB greet _INBOX.0000000000", "", name, length);
    putNats(reply, "MSG _INBOX.0000000000 1", "Hello ", name, length);
    request->labelAt = 17;
    reply->labelAt = 11;
  } else if (!strcmp(protocol, "ws")) {
    strcpy(exchange->opening, "GET / HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                              "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n");
    exchange->opened = "\r\n\r\n";
    putMessage(request, "", name, length, 1);
    putMessage(reply, "Hello ", name, length, 0);
  } else {
    fprintf(stderr, "load: there is no protocol \"%s\"\n", protocol);
    exit(2);
  }
}
