/* fuzz_hatch.c - whatever comes through the hatch is a request or an answer
 * within its bounds, which prints as the bytes it was read from, or refused. */
#include "fuzz_house.h"
#include "postern/hatch.h"

static void bounded(const char *text, size_t max)
{
	size_t len = strlen(text);

	MUST(len <= max);
	for (size_t i = 0; i < len; i++)
		MUST((unsigned char)text[i] >= 0x20 || text[i] == '\t');
}

static void request(const uint8_t *data, size_t size)
{
	struct buf again = BUF_INIT(IPC_PAYLOAD_MAX);
	struct public_request rq = {0};
	struct err err = {0};

	if (hatch_get_request(data, size, &rq, &err) != 0) {
		MUST(err.kind == ERR_CORRUPT && rq.path == NULL);
		return;
	}
	bounded(rq.path, PUBLIC_PATH_MAX);
	bounded(rq.query, PUBLIC_QUERY_MAX);
	for (size_t i = 0; i < PUBLIC_HEADERS; i++)
		bounded(rq.header[i], PUBLIC_HEADER_MAX);
	MUST(rq.path[0] == '/' && rq.at_ms >= 0);
	MUST(rq.body_len <= PUBLIC_BODY_MAX);
	MUST(rq.body_len == 0 || rq.body + rq.body_len == data + size);
	MUST(hatch_put_request(&rq, &again, &err) == 0);
	MUST(again.len == size && memcmp(again.bytes, data, size) == 0);
	buf_free(&again);
}

static void answer(const uint8_t *data, size_t size)
{
	struct hatch_answer a = {0};
	struct err err = {0};

	if (hatch_get_answer(data, size, &a, &err) != 0) {
		MUST(err.kind == ERR_CORRUPT && a.status == 0);
		return;
	}
	MUST(a.status >= 200 && a.status <= 599);
	MUST(a.retry_after_s >= 0 && a.retry_after_s <= 86400);
	bounded(a.type, PUBLIC_ANSWER_NAME_MAX);
	MUST(a.headers_len <= PUBLIC_ANSWER_HEADERS_MAX);
	for (size_t i = 0; i < a.headers_len; i++) {
		bounded(a.headers[i][0], PUBLIC_ANSWER_NAME_MAX);
		bounded(a.headers[i][1], PUBLIC_ANSWER_VALUE_MAX);
		MUST(strcasecmp(a.headers[i][0], "connection") != 0);
	}
	MUST(a.body_len <= PUBLIC_ANSWER_MAX);
	MUST(a.body_len == 0 || a.body + a.body_len == data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	if (data[0] % 2 == 0)
		request(data + 1, size - 1);
	else
		answer(data + 1, size - 1);
	return 0;
}
