/* fuzz_zone.c - TZif files: a zone or a refusal; a clock is never more than 26
 * hours from UTC, and turning back from local time ends. */
#include "fuzz_house.h"
#include "postern/caldate.h"
#include "postern/zone.h"

#define OFFSET_MAX (26 * 3600)

static void check_at(const struct zone *z, int64_t s)
{
	int32_t offset = zone_offset_s(z, s);
	int64_t utc = zone_utc_s(z, s);

	MUST(offset > -OFFSET_MAX && offset < OFFSET_MAX);
	MUST(utc - s > -OFFSET_MAX && utc - s < OFFSET_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const int64_t times[] = {INT64_MIN / 4, INT64_MAX / 4, 0};
	struct zone *z = NULL;
	struct err err = {0};
	/* Just as long as it is: reading past its end shows. */
	uint8_t *bytes = malloc(size + (size == 0));

	MUST(bytes != NULL);
	if (size > 0)
		memcpy(bytes, data, size);
	if (zone_parse(bytes, size, &z, &err) != 0) {
		MUST(z == NULL && err.kind == ERR_INPUT);
		free(bytes);
		return 0;
	}
	free(bytes);
	for (size_t i = 0; i < 3; i++)
		check_at(z, times[i]);
	for (int64_t day = caldate_day(2020, 1, 1);
	     day < caldate_day(2029, 1, 1); day += 5)
		check_at(z, day * 86400 + 7201);
	check_at(z, (int64_t)CALDATE_MIN * 86400);
	check_at(z, (int64_t)CALDATE_MAX * 86400);
	zone_free(&z);
	MUST(z == NULL);
	return 0;
}
