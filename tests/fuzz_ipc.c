/* fuzz_ipc.c - any packet is a frame inside its bounds or refused. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "postern/ipc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ipc_frame f = {0};
	struct err err = {0};

	if (ipc_parse(data, size, &f, &err) != 0) {
		assert(err.kind == ERR_CORRUPT);
		assert(f.payload == NULL);
		return 0;
	}
	assert(f.payload_len + IPC_HEADER_BYTES == size);
	assert(f.payload == data + IPC_HEADER_BYTES);
	return 0;
}
