/* fuzz_stamp.c - the reply of a time-stamp authority, any bytes.
 *
 * Nobody is trusted here, so nothing may pass. */
#include "fuzz_house.h"
#include "postern/stamp.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char stamped[] = "log.example\n0\n";
	const struct stamp_trust trust = {.root_pem = "", .root_len = 0};
	struct stamp stamp;
	struct err err = {0};

	MUST(stamp_verify(data, size, stamped, sizeof(stamped) - 1, &trust,
			  &stamp, &err) != 0);
	MUST(err.kind == ERR_INPUT || err.kind == ERR_DENIED ||
	     err.kind == ERR_CORRUPT);
	return 0;
}
