// The part of WebSocket (RFC 6455) that the load generator needs as a client.
#pragma once
#include <stddef.h>

enum { CONTINUATION = 0, TEXT = 1, CLOSE = 8, PING = 9, PONG = 10 };

struct frame {
  int opcode;
  int final;
  char *payload;
  size_t length;
};

// Writes one frame, and waits while the socket takes no more.
void send_frame(int socket, int opcode, int final, const char *payload, size_t length);

// Writes one text message, in frames of at most `largest` bytes.
void send_text(int socket, const char *text, size_t length, size_t largest);

// Writes bytes that are not a frame.
void send_bytes(int socket, const char *bytes, size_t length);

// Reads the frame at the start of `bytes`. Returns how many bytes it takes, or 0 if it is not complete yet.
size_t read_frame(char *bytes, size_t length, struct frame *frame);
