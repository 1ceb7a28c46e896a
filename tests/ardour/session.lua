-- A session in Ardour: noise recorded, Unbraid on the track with ten outputs, bounced through it, saved; then loaded
-- again in the same process. Prints `name value` lines for `test_ardour.py`, which checks them and the bounced files.
--
-- usage: ardour7-lua session.lua FOLDER

local folder = arg[1]
local name = "song"

local function say(key, value) print("UNBRAID " .. key .. " " .. tostring(value)) end

local function start_engine()
	local backend = AudioEngine:set_backend("None (Dummy)", "", "")
	backend:set_sample_rate(44100)
	backend:set_buffer_size(512)
	backend:set_device_name("Uniform White Noise")
	assert(AudioEngine:start(false) == 0, "Ardour's dummy engine does not start")
end

local function roll(session, seconds)
	session:goto_start()
	session:request_roll(ARDOUR.TransportRequestSource.TRS_UI)
	sleep(seconds)
end

local function stop(session)
	session:request_stop(false, false, ARDOUR.TransportRequestSource.TRS_UI)
	sleep(1)
end

-- The number of the parameter with this name, and its value.
local function parameter(processor, wanted)
	local plugin = processor:to_insert():plugin(0)
	local number = 0
	for control = 0, plugin:parameter_count() - 1 do
		if plugin:parameter_is_control(control) and plugin:parameter_is_input(control) then
			if plugin:parameter_label(control) == wanted then
				return number, ARDOUR.LuaAPI.get_processor_param(processor, number, true)
			end
			number = number + 1
		end
	end
	error("Ardour shows no parameter " .. wanted)
end

local function unbraid_of(track)
	for index = 0, 20 do
		local processor = track:nth_plugin(index)
		if processor:isnil() then break end
		if processor:display_name() == "Unbraid" then return processor end
	end
	error("the track has no Unbraid")
end

local function describe(prefix, track, processor)
	local insert = processor:to_insert()
	say(prefix .. "plugin_inputs", insert:natural_input_streams():n_audio())
	say(prefix .. "plugin_outputs", insert:natural_output_streams():n_audio())
	say(prefix .. "latency", insert:signal_latency())
	say(prefix .. "track_outputs", track:n_outputs():n_audio())
	local _, gain = parameter(processor, "Output Gain")
	say(prefix .. "output_gain", gain)
end

local function meters(prefix, session, track)
	roll(session, 1)
	for channel = 0, 9 do
		say(prefix .. "meter_" .. channel, track:peak_meter():meter_level(channel, ARDOUR.MeterType.MeterPeak))
	end
	stop(session)
end

start_engine()
local session = create_session(folder, name, 44100)
assert(session, "Ardour makes no session in " .. folder)
local track
for made in session:new_audio_track(2, 10, nil, 1, "Song", ARDOUR.PresentationInfo.max_order, ARDOUR.TrackMode.Normal, true, true):iter() do
	track = made
end

-- Noise from the dummy engine, recorded for a few seconds.
track:rec_enable_control():set_value(1, PBD.GroupControlDisposition.NoGroup)
session:maybe_enable_record()
roll(session, 3)
stop(session)
track:rec_enable_control():set_value(0, PBD.GroupControlDisposition.NoGroup)
session:disable_record(false, false)
sleep(1)
local region
for found in track:playlist():region_list():iter() do region = found end
assert(region, "nothing was recorded")

local processor = ARDOUR.LuaAPI.new_plugin(session, "Unbraid", ARDOUR.PluginType.VST3, "")
assert(not processor:isnil(), "Ardour does not find the plug-in")
assert(track:add_processor_by_index(processor, 0, nil, true) == 0, "Ardour does not take the plug-in on the track")
sleep(1)
describe("", track, processor)
meters("", session, track)

-- With the plug-in and nothing behind it: ten files.
local from = region:position():samples()
local bounced = track:bounce_range(
	from, from + region:length():samples(), ARDOUR.InterThreadInfo(), processor, true, "bounced"
)
assert(not bounced:isnil(), "Ardour does not bounce")

-- A change to find again.
local number = parameter(processor, "Output Gain")
assert(ARDOUR.LuaAPI.set_processor_param(processor, number, -12.0))
sleep(1)
describe("changed_", track, processor)
sleep(1)
assert(session:save_state("") == 0, "Ardour does not save")
session = nil
track = nil
processor = nil
bounced = nil
region = nil
collectgarbage()
close_session()

start_engine()
session = load_session(folder, name)
assert(session, "Ardour does not load its session again")
sleep(1)
track = session:route_by_name("Song"):to_track()
processor = unbraid_of(track)
describe("loaded_", track, processor)
meters("loaded_", session, track)
session = nil
track = nil
processor = nil
collectgarbage()
close_session()
say("done", 1)
