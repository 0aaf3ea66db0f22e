/* test_faults_picture.c - pictures while memory is short at every call: it is
 * said so, or the picture is bare. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "faults.h"
#include "picture_house.h"

/* Returns how often memory was refused. */
static unsigned int short_of_memory(struct buf b)
{
	unsigned int refused = 0;

	for (uint64_t n = 1; faults_arm(FAULT_MEMORY, n, ENOMEM); n++) {
		struct buf ret = BUF_INIT(1u << 20);
		struct err err = {0};
		int rc = picture_strip(b.bytes, b.len, &picture_limits_usual,
				       &ret, &err);

		faults.kinds = 0;
		if (rc != 0) {
			assert_int_equal(err.kind, ERR_NOMEM);
			refused++;
		} else {
			assert_null(memmem(ret.bytes, ret.len, PH_CANARY,
					   strlen(PH_CANARY)));
		}
		buf_free(&ret);
	}
	buf_free(&b);
	return refused;
}

static void a_jpeg_waits_for_memory(void **state)
{
	(void)state;
	assert_true(short_of_memory(ph_jpeg(16, 8, PH_SIDE_UP, true)) >= 2);
}

static void a_png_waits_for_memory(void **state)
{
	(void)state;
	assert_true(short_of_memory(ph_png(16, 8, PH_SIDE_UP, false)) >= 8);
}

static void a_webp_waits_for_memory(void **state)
{
	(void)state;
	assert_true(short_of_memory(ph_webp(PH_SIDE_UP, 2)) >= 1);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_jpeg_waits_for_memory),
	    cmocka_unit_test(a_png_waits_for_memory),
	    cmocka_unit_test(a_webp_waits_for_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
