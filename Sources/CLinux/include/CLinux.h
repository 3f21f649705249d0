// What Linux offers and Swift's Glibc module does not show: calls hidden behind feature macros and variadic calls.
#pragma once
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

// A connection accepted non-blocking and closed on exec in one call.
int nuthatch_accept4(int listener, struct sockaddr_storage *address, socklen_t *length);
