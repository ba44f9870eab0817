package stix

// Predefined extensions of observables (STIX 2.1, sections 6.7, 6.12, 6.13,
// 6.16 and 6.18). Every one is void without at least one property.

var (
	peSection = shapeOf(must("name", text), may("size", count), may("entropy", number(0, 64)), may("hashes", hashes)).check

	peHeader = anyOfThese(shapeOf(),
		may("magic_hex", hexadecimal), may("major_linker_version", anyInteger), may("minor_linker_version", anyInteger),
		may("size_of_code", count), may("size_of_initialized_data", count), may("size_of_uninitialized_data", count),
		may("address_of_entry_point", anyInteger), may("base_of_code", anyInteger), may("base_of_data", anyInteger),
		may("image_base", anyInteger), may("section_alignment", anyInteger), may("file_alignment", anyInteger),
		may("major_os_version", anyInteger), may("minor_os_version", anyInteger), may("major_image_version", anyInteger),
		may("minor_image_version", anyInteger), may("major_subsystem_version", anyInteger), may("minor_subsystem_version", anyInteger),
		may("win32_version_value_hex", hexadecimal), may("size_of_image", count), may("size_of_headers", count),
		may("checksum_hex", hexadecimal), may("subsystem_hex", hexadecimal), may("dll_characteristics_hex", hexadecimal),
		may("size_of_stack_reserve", count), may("size_of_stack_commit", count), may("size_of_heap_reserve", count),
		may("size_of_heap_commit", count), may("loader_flags_hex", hexadecimal), may("number_of_rva_and_sizes", anyInteger),
		may("hashes", hashes),
	).check

	dataStream = shapeOf(must("name", text), may("hashes", hashes), may("size", count)).check
)

var fileExtensions = map[string]*shape{
	"archive-ext": shapeOf(must("contains_refs", list(refToTypes("file", "directory"))), may("comment", text)),
	"ntfs-ext":    anyOfThese(shapeOf(), may("sid", text), may("alternate_data_streams", list(dataStream))),
	"pdf-ext": anyOfThese(shapeOf(), may("version", text), may("is_optimized", boolean), may("document_info_dict", dictionary(text)),
		may("pdfid0", text), may("pdfid1", text)),
	"raster-image-ext": anyOfThese(shapeOf(), may("image_height", anyInteger), may("image_width", anyInteger), may("bits_per_pixel", anyInteger),
		may("exif_tags", dictionary(textOrNumber))),
	"windows-pebinary-ext": shapeOf(
		must("pe_type", text), may("imphash", text), may("machine_hex", hexadecimal), may("number_of_sections", count),
		may("time_date_stamp", timestamp), may("pointer_to_symbol_table_hex", hexadecimal), may("number_of_symbols", count),
		may("size_of_optional_header", count), may("characteristics_hex", hexadecimal), may("file_header_hashes", hashes),
		may("optional_header", peHeader), may("sections", list(peSection)),
	),
}

var trafficExtensions = map[string]*shape{
	"http-request-ext": shapeOf(must("request_method", text), must("request_value", text), may("request_version", text),
		may("request_header", dictionary(list(text))), may("message_body_length", count), may("message_body_data_ref", refToTypes("artifact"))),
	"icmp-ext": shapeOf(must("icmp_type_hex", hexadecimal), must("icmp_code_hex", hexadecimal)),
	"socket-ext": shapeOf(
		must("address_family", oneOf("AF_UNSPEC", "AF_INET", "AF_IPX", "AF_APPLETALK", "AF_NETBIOS", "AF_INET6", "AF_IRDA", "AF_BTH")),
		may("is_blocking", boolean), may("is_listening", boolean), may("options", dictionary(anyInteger)),
		may("socket_type", oneOf("SOCK_STREAM", "SOCK_DGRAM", "SOCK_RAW", "SOCK_RDM", "SOCK_SEQPACKET")),
		may("socket_descriptor", count), may("socket_handle", anyInteger)),
	"tcp-ext": anyOfThese(shapeOf(), may("src_flags_hex", hexadecimal), may("dst_flags_hex", hexadecimal)),
}

var processExtensions = map[string]*shape{
	"windows-process-ext": anyOfThese(shapeOf(), may("aslr_enabled", boolean), may("dep_enabled", boolean), may("priority", text),
		may("owner_sid", text), may("window_title", text), may("startup_info", startupInfo), may("integrity_level", oneOf("low", "medium", "high", "system"))),
	"windows-service-ext": anyOfThese(shapeOf(), may("service_name", text), may("descriptions", list(text)), may("display_name", text), may("group_name", text),
		may("start_type", oneOf("SERVICE_AUTO_START", "SERVICE_BOOT_START", "SERVICE_DEMAND_START", "SERVICE_DISABLED", "SERVICE_SYSTEM_ALERT")),
		may("service_dll_refs", list(refToTypes("file"))),
		may("service_type", oneOf("SERVICE_KERNEL_DRIVER", "SERVICE_FILE_SYSTEM_DRIVER", "SERVICE_WIN32_OWN_PROCESS", "SERVICE_WIN32_SHARE_PROCESS")),
		may("service_status", oneOf("SERVICE_CONTINUE_PENDING", "SERVICE_PAUSE_PENDING", "SERVICE_PAUSED", "SERVICE_RUNNING",
			"SERVICE_START_PENDING", "SERVICE_STOP_PENDING", "SERVICE_STOPPED"))),
}

var accountExtensions = map[string]*shape{
	"unix-account-ext": anyOfThese(shapeOf(), may("gid", anyInteger), may("groups", list(text)), may("home_dir", text), may("shell", text)),
}

// startupInfo holds the members of the Windows STARTUP_INFO structure by their
// own names.
var startupInfo = dictionary(textOrNumber)

var certificateExtensions = func() rule {
	props := []prop{may("private_key_usage_period_not_before", timestamp), may("private_key_usage_period_not_after", timestamp)}
	for _, name := range []string{
		"basic_constraints", "name_constraints", "policy_constraints", "key_usage", "extended_key_usage", "subject_key_identifier",
		"authority_key_identifier", "subject_alternative_name", "issuer_alternative_name", "subject_directory_attributes",
		"crl_distribution_points", "inhibit_any_policy", "certificate_policies", "policy_mappings",
	} {
		props = append(props, may(name, text))
	}
	return anyOfThese(shapeOf(), props...).check
}()
