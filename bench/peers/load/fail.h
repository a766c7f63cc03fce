// Ends the program with a message. A benchmark that goes on after a fault would report numbers that mean nothing.
#pragma once
#include <stdio.h>
#include <stdlib.h>

#define fail(...)                                        \
  do {                                                   \
    fprintf(stderr, "load: " __VA_ARGS__);               \
    fputc('\n', stderr);                                 \
    exit(1);                                             \
  } while (0)
