/* breaker.h - how much one destination gets.  Pure: time is an argument.
 *
 * Two things in one: a window of calls under way that grows with successes
 * and halves when the destination says "slow" (AIMD), and a circuit breaker
 * that opens after 5 failures in a row, or at once when nobody is there.  An
 * open breaker lets one probe through after a back-off of 1 s that doubles to
 * 60 s, so a dead destination costs one call a minute.
 *
 * A probe with a row before its time (breaker_room_early) has a back-off of
 * its own: were it to hold back rows whose time has come, one message that
 * always fails would delay each new one by a minute. */
#ifndef POSTERN_WORKER_BREAKER_H
#define POSTERN_WORKER_BREAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BREAKER_FAILURES     5
#define BREAKER_BACK_OFF_MS  1000
#define BREAKER_BACK_OFF_MAX 60000
#define BREAKER_WINDOW_FIRST 8

enum breaker_state { BREAKER_CLOSED, BREAKER_OPEN, BREAKER_PROBING };

struct breaker {
	enum breaker_state state;
	unsigned int failures; /* in a row */
	size_t window, window_max;
	int64_t back_off_ms;
	int64_t until_ms; /* boot clock: nothing starts before */
	bool early;	  /* probing with a row before its time */
	int64_t early_back_off_ms, early_until_ms;
	/* Calls are numbered; a cut of the window counts once for all calls
	 * that were under way then. */
	uint64_t started, cut_at;
};

void breaker_init(struct breaker *b, size_t window_max);
/* How many calls may start now, under_way being there already. */
size_t breaker_room(const struct breaker *b, size_t under_way, int64_t boot_ms);
/* May a row be taken before its time, as the probe? */
bool breaker_room_early(const struct breaker *b, size_t under_way,
			int64_t boot_ms);
/* When that will be, as far as it is known; INT64_MAX: not while things are as
 * they are. */
int64_t breaker_early_due_ms(const struct breaker *b, size_t under_way);
/* A call starts; returns its number.  early: with a row before its time. */
uint64_t breaker_start(struct breaker *b, bool early);
void breaker_taken(struct breaker *b);
/* random: any bits, for the jitter of the back-off. */
void breaker_failed(struct breaker *b, int64_t boot_ms, uint64_t random);
/* Nobody took the connection: what more calls would find is known. */
void breaker_unreachable(struct breaker *b, int64_t boot_ms, uint64_t random);
/* 429, 502, 504 of call number.  wish_ms: Retry-After or -1; the destination
 * as a whole rests at most 60 s for it. */
void breaker_slow(struct breaker *b, uint64_t number, int64_t boot_ms,
		  int64_t wish_ms, uint64_t random);
/* The call ended without saying anything about the destination. */
void breaker_withdrawn(struct breaker *b);

#endif
