/* receive_faults.h - a batch struck by one fault, for the tests that let
 * calls fail while bodies are archived. */
#ifndef POSTERN_TESTS_RECEIVE_FAULTS_H
#define POSTERN_TESTS_RECEIVE_FAULTS_H

#include "receive_house.h"

#include "faults.h"

/* text into ret, number in the place of each '#'. */
static inline void numbered(const char *text, uint64_t number, char *ret,
			    size_t size)
{
	size_t len = 0;

	for (; *text != '\0'; text++) {
		int more = *text == '#'
			       ? snprintf(ret + len, size - len, "%05u",
					  (unsigned int)number)
			       : snprintf(ret + len, size - len, "%c", *text);

		assert_true(more > 0 && (size_t)more < size - len);
		len += (size_t)more;
	}
}

/* One step that may fail; false if it had no n-th call of this kind. */
static inline bool strike(struct house *h, unsigned int kind, uint64_t n,
			  int code)
{
	struct err err = {0};
	bool moved = false;
	int rc;

	if (!faults_arm(kind, n, code))
		return false;
	rc = receive_step(&h->w, &moved, &err);
	faults_off();
	if (rc == 0 || err.kind == ERR_BUSY || err.kind == ERR_NOMEM)
		return true;
	/* Any other kind ends the process, and a new one begins. */
	assert_int_equal(err.kind, ERR_STORAGE);
	house_die(h);
	house_open(h, "sqlite");
	return true;
}

#endif
