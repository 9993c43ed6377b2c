PRAGMA application_id = 1181708148;
PRAGMA user_version = 7;
BEGIN TRANSACTION;
CREATE TABLE edit (
            session_id TEXT NOT NULL REFERENCES session,
            title TEXT,
            started_utc TEXT,
            shoe TEXT,
            distance_m REAL,
            distance_source TEXT,
            discarded_utc TEXT, runner TEXT,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "edit" VALUES('20261121T081500Z-run','Lake',NULL,NULL,NULL,NULL,NULL,'Anna');
CREATE TABLE effort (
            session_id TEXT NOT NULL REFERENCES session,
            exertion INTEGER,
            feeling INTEGER,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "effort" VALUES('20261121T081500Z-run',4,3);
CREATE TABLE length_gain (
            runner TEXT NOT NULL,
            placement TEXT NOT NULL,
            side TEXT NOT NULL,
            factor REAL NOT NULL,
            sd REAL NOT NULL,
            session_id TEXT NOT NULL,
            PRIMARY KEY (runner, placement, side)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "length_gain" VALUES('','foot','left',1.03,0.01,'20261121T081500Z-run');
CREATE TABLE message (
            key TEXT NOT NULL,
            runner TEXT NOT NULL,
            session_id TEXT NOT NULL,
            rule TEXT NOT NULL,
            version INTEGER NOT NULL,
            told_utc TEXT NOT NULL,
            words TEXT NOT NULL,
            inputs TEXT NOT NULL,
            PRIMARY KEY (key)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "message" VALUES('4b5df0a32046d8dff85835d7c0ce7b7d2adb93c4bf329f2f6313349211bc71b4','Anna','20261121T081500Z-run','ceiling',1,'2026-11-21T10:00:00.000000+00:00','Ceiling for today: unknown.','{"distances_m":{"a":null}}');
CREATE TABLE opening (
            runner TEXT NOT NULL,
            seal TEXT NOT NULL,
            opening TEXT NOT NULL,
            PRIMARY KEY (runner, seal)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "opening" VALUES('Anna','c1416d94ba62db01e912cb1d616efd5b6700757f2329c877fa77fddf50d79014','{"plan":{"kind":"blocks","cue":"impact","condition":"","groups":[8],"site":"knee","side":"left","part_s":120.0,"settle_s":45.0,"warm_up_s":300.0},"order":[false,true,false,true,true,false,true,false],"nonce":"0000000000000000000000000000000000000000000000000000000000000000"}');
CREATE TABLE "pain" (
            runner TEXT NOT NULL DEFAULT '',
            session_id TEXT NOT NULL,
            noted_utc TEXT NOT NULL DEFAULT '',
            phase TEXT NOT NULL DEFAULT 'during',
            site TEXT NOT NULL,
            side TEXT NOT NULL,
            level INTEGER NOT NULL,
            PRIMARY KEY (runner, session_id, noted_utc, phase, site, side)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "pain" VALUES('Anna','20261121T081500Z-run','2026-11-21T08:15:00.123456+00:00','during','knee','left',3);
CREATE TABLE plan_event (
            runner TEXT NOT NULL,
            number INTEGER NOT NULL,
            told_utc TEXT NOT NULL,
            kind TEXT NOT NULL,
            session_id TEXT NOT NULL,
            event TEXT NOT NULL,
            PRIMARY KEY (runner, number)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "plan_event" VALUES('Anna',1,'2026-11-21T08:15:00.000000+00:00','programme begun','','{"of":"programme","kind":"begun","inputs":{"at_utc":"2026-11-20T08:15:00Z","kind":"impact","percent":80.0,"baseline":{"metric_name":"peak_tibial_acc_g","speed_mps":3.0,"legs":[{"side":"left","value":8.0,"low":7.6,"high":8.4,"strides":900},{"side":"right","value":7.0,"low":6.6,"high":7.4,"strides":900}],"rearfoot_percent":90.0,"runs":3}}}');
INSERT INTO "plan_event" VALUES('Anna',2,'2026-11-21T08:15:00.000000+00:00','programme ran','20261121T081500Z-run','{"of":"programme","kind":"ran","inputs":{"at_utc":"2026-11-21T08:15:00Z","session_id":"20261121T081500Z-run","planned_minutes":15.0,"minutes":14.0,"cued_minutes":0.0}}');
INSERT INTO "plan_event" VALUES('Anna',3,'2026-11-21T08:15:00.000000+00:00','exercises exercises-begun','','{"of":"exercises","kind":"exercises-begun","inputs":{"at_utc":"2026-11-21T08:15:00Z","track":"combined","with_backward_walking":false,"with_knees_over_toes":false}}');
INSERT INTO "plan_event" VALUES('Anna',4,'2026-11-21T08:15:00.000000+00:00','exercises exercises-done','exercises-20261121','{"of":"exercises","kind":"exercises-done","inputs":{"at_utc":"2026-11-21T08:15:00Z","session_id":"exercises-20261121","done":{"hip-outwards":{"whole":true,"pain":1,"in_reserve":3}}}}');
INSERT INTO "plan_event" VALUES('Anna',5,'2026-11-21T08:15:00.000000+00:00','try-out begun','','{"of":"try-out","kind":"begun","inputs":{"plan":{"kind":"blocks","cue":"impact","condition":"","groups":[8],"site":"knee","side":"left","part_s":120.0,"settle_s":45.0,"warm_up_s":300.0},"seal":"c1416d94ba62db01e912cb1d616efd5b6700757f2329c877fa77fddf50d79014"}}');
INSERT INTO "plan_event" VALUES('Anna',6,'2026-11-21T08:15:00.000000+00:00','try-out warmedup','','{"of":"try-out","kind":"warmedup","inputs":{"speed_mps":2.9}}');
INSERT INTO "plan_event" VALUES('Anna',7,'2026-11-21T08:15:00.000000+00:00','try-out paintold','','{"of":"try-out","kind":"paintold","inputs":{"level":3,"elsewhere":[],"signs":[]}}');
CREATE TABLE run (
            session_id TEXT NOT NULL REFERENCES session,
            version INTEGER NOT NULL,
            stamp INTEGER NOT NULL,
            runner TEXT NOT NULL,
            digest BLOB NOT NULL,
            minutes BLOB NOT NULL,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "run" VALUES('20261121T081500Z-run',3,3724192503,'Ann',X'DE0010AA73657373696F6E5F6964B43230323631313231543038313530305A2D72756EAB737461727465645F757463D7FF1D6F28006B015304AA6475726174696F6E5F73CB40039999DCB5781CA972756E6E696E675F73CB3FF6666707761606A977616C6B696E675F73CB3FE6666707761606AA64697374616E63655F6DCB4010CCCCCCCCCCCDAF64697374616E63655F736F75726365A773656E736F7273A977616C6B696E675F6DCB4000CCCCCCCCCCCDAB72756E6E65725F6E616D65A3416E6EA473686F65A4426C7565A57469746C65A0A769735F64656D6FC2A46C6567739487A473696465A46C656674A9706C6163656D656E74A4666F6F74A86163746976697479A477616C6BA77374726964657301AF636C69707065645F7374726964657301A76D656469616E7380A7737472696B65738087A473696465A46C656674A9706C6163656D656E74A4666F6F74A86163746976697479A372756EA77374726964657302AF636C69707065645F7374726964657301A76D656469616E7380A7737472696B65738087A473696465C0A9706C6163656D656E74A57368616E6BA86163746976697479A477616C6BA77374726964657301AF636C69707065645F7374726964657300A76D656469616E7380A7737472696B65738087A473696465C0A9706C6163656D656E74A57368616E6BA86163746976697479A372756EA77374726964657302AF636C69707065645F7374726964657300A76D656469616E7380A7737472696B657380A76D696E7574657390A5776174636885AA64697374616E63655F6DCB4022000000000000A86265736964655F6DCB4008000000000000A6636F76657273CB3F91111111111111AE68656172745F726174655F62706DCB405E400000000000B36D6F73745F68656172745F726174655F62706DCB405E800000000000AA6261636B776172645F73CB0000000000000000',X'85A7626567696E5F7391CB0000000000000000A5656E645F7391CB404E000000000000AA64697374616E63655F6D91CB4010CCCCCCCCCCCDA46C6567739488A473696465A46C656674A9706C6163656D656E74A4666F6F74A86163746976697479A372756EA66D696E7574659100A7737472696465739102AF636C69707065645F737472696465739101A76D656469616E7380A7737472696B65738088A473696465A46C656674A9706C6163656D656E74A4666F6F74A86163746976697479A477616C6BA66D696E7574659100A7737472696465739101AF636C69707065645F737472696465739101A76D656469616E7380A7737472696B65738088A473696465C0A9706C6163656D656E74A57368616E6BA86163746976697479A372756EA66D696E7574659100A7737472696465739102AF636C69707065645F737472696465739100A76D656469616E7380A7737472696B65738088A473696465C0A9706C6163656D656E74A57368616E6BA86163746976697479A477616C6BA66D696E7574659100A7737472696465739101AF636C69707065645F737472696465739100A76D656469616E7380A7737472696B657380AE68656172745F726174655F62706D91CB405E800000000000');
CREATE TABLE sensor (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            placement TEXT NOT NULL,
            side TEXT,
            sampling_rate_hz REAL NOT NULL,
            has_gyro INTEGER NOT NULL,
            profile TEXT NOT NULL,
            address TEXT NOT NULL,
            name TEXT NOT NULL,
            PRIMARY KEY (session_id, sensor_id)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "sensor" VALUES('20261121T081500Z-run','foot-left','foot','left',200.0,1,'footfall','AA:BB:CC:DD:EE:01','Footfall é');
INSERT INTO "sensor" VALUES('20261121T081500Z-run','shank-right','shank',NULL,104.5,0,'footfall-samples','','');
CREATE TABLE session (
            session_id TEXT NOT NULL PRIMARY KEY,
            started_utc TEXT,
            software TEXT NOT NULL,
            recording TEXT,
            header TEXT NOT NULL,
            summary TEXT
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "session" VALUES('20261121T081500Z-run','2026-11-21T08:15:00.123456+00:00','footfall 0.1.0','/data/recordings/run.mcap','{"header_version":1,"session_id":"20261121T081500Z-run","started_utc":"2026-11-21T08:15:00.123456Z","software":"footfall 0.1.0","sensors":[{"id":"foot-left","placement":"foot","side":"left","sampling_rate_hz":200.0,"acc_range_mps2":156.9064,"gyro_range_radps":34.90658503988659,"has_gyro":true,"length_gain":1.0,"profile":"footfall","address":"AA:BB:CC:DD:EE:01","name":"Footfall é","settings":{"acc_range_g":16,"firmware":"1.2","scale":0.5,"led":true,"x":null}},{"id":"shank-right","placement":"shank","side":null,"sampling_rate_hz":104.5,"acc_range_mps2":null,"gyro_range_radps":null,"has_gyro":false,"length_gain":1.0,"profile":"footfall-samples","address":"","name":"","settings":{}}],"companions":[],"runner_name":"Ann","shoe":"Blue"}','{"type":"summary","duration_s":2.4500005,"strides":6,"sensors":[{"sensor_id":"foot-left","side":"left","activity":"walk","strides":1,"clipped_strides":1,"metrics":{},"strike_shares":{},"distance_m":2.1,"shock_index_g":{"peak_acc_g":3.399054043259761},"drift":{}},{"sensor_id":"foot-left","side":"left","activity":"run","strides":2,"clipped_strides":1,"metrics":{},"strike_shares":{},"distance_m":4.2,"shock_index_g":{"peak_acc_g":4.042179252523275},"drift":{}},{"sensor_id":"shank-right","side":null,"activity":"walk","strides":1,"clipped_strides":0,"metrics":{},"strike_shares":{},"distance_m":null,"shock_index_g":{"peak_acc_g":3.399054043259761,"peak_tibial_acc_g":7.148210652975277},"drift":{}},{"sensor_id":"shank-right","side":null,"activity":"run","strides":2,"clipped_strides":0,"metrics":{},"strike_shares":{},"distance_m":null,"shock_index_g":{"peak_acc_g":4.042179252523275,"peak_tibial_acc_g":8.500702968056446},"drift":{}}],"left_share_percent":{},"symmetry_index_percent":{},"left_minus_right":{},"side_guesses":{},"sides_may_be_swapped":false,"step_time_s":{},"companions":{}}');
CREATE TABLE shoe (
            runner TEXT NOT NULL,
            since_utc TEXT NOT NULL,
            name TEXT NOT NULL, is_minimal INTEGER NOT NULL DEFAULT 0,
            PRIMARY KEY (runner, since_utc)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "shoe" VALUES('Ann','2026-11-20T00:00:00.000000+00:00','Blue',0);
CREATE TABLE sign (
            runner TEXT NOT NULL,
            session_id TEXT NOT NULL,
            noted_utc TEXT NOT NULL,
            sign TEXT NOT NULL,
            PRIMARY KEY (runner, session_id, noted_utc, sign)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "sign" VALUES('Anna','20261121T081500Z-run','2026-11-21T10:00:00.000000+00:00','swelling');
CREATE TABLE stride (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            initial_contact_us INTEGER NOT NULL,
            initial_contact_s REAL NOT NULL,
            toe_off_s REAL,
            next_contact_s REAL NOT NULL,
            side TEXT,
            activity TEXT NOT NULL,
            strike TEXT,
            strike_confidence REAL,
            confidence REAL NOT NULL,
            quality TEXT NOT NULL,
            stride TEXT NOT NULL, "stride_time_s" REAL, "cadence_spm" REAL, "contact_time_s" REAL, "swing_time_s" REAL, "flight_time_s" REAL, "duty_factor" REAL, "peak_acc_g" REAL, "peak_tibial_acc_g" REAL, "foot_strike_angle_deg" REAL, "shank_tilt_deg" REAL, "pronation_excursion_deg" REAL, "peak_eversion_rate_dps" REAL, "stride_length_m" REAL, "speed_mps" REAL, "vertical_oscillation_m" REAL, "vertical_stiffness_kn_per_m" REAL, "leg_stiffness_kn_per_m" REAL,
            PRIMARY KEY (session_id, sensor_id, initial_contact_us)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "stride" VALUES('20261121T081500Z-run','foot-left',100000,0.1,0.31,7.99999999999999933386e-01,'left','walk','midfoot',0.5,0.9,'acc_clipped samples_lost','{"sensor_id":"foot-left","side":"left","activity":"walk","initial_contact_s":0.1,"toe_off_s":0.31,"next_contact_s":0.7999999999999999,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":null,"foot_strike_angle_rad":0.0,"strike":"midfoot","strike_confidence":0.5,"stride_length_m":2.1,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":["acc_clipped","samples_lost"]}',0.7,1.71428571428571444815e+02,0.21,4.89999999999999935607e-01,NULL,0.3,3.39905404325976112644e+00,NULL,0.0,NULL,NULL,NULL,2.1,3.00000000000000044408e+00,NULL,NULL,NULL);
INSERT INTO "stride" VALUES('20261121T081500Z-run','foot-left',800000,7.99999999999999933386e-01,1.01,1.5000002,'left','run','midfoot',0.5,0.9,'','{"sensor_id":"foot-left","side":"left","activity":"run","initial_contact_s":0.7999999999999999,"toe_off_s":1.01,"next_contact_s":1.5000002,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":null,"foot_strike_angle_rad":0.2,"strike":"midfoot","strike_confidence":0.5,"stride_length_m":2.1,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":[]}',0.7000002,1.71428522448993589932e+02,2.10000000000000075495e-01,4.90000199999999885847e-01,1.40000099999999905175e-01,2.99999914285738911168e-01,3.39905404325976112644e+00,NULL,1.14591559026164659942e+01,NULL,NULL,NULL,2.1,2.99999914285738800145e+00,8.46842979410024343511e-02,NULL,NULL);
INSERT INTO "stride" VALUES('20261121T081500Z-run','foot-left',1500000,1.5,1.71,2.2000004,'left','run','midfoot',0.5,0.9,'acc_clipped samples_lost','{"sensor_id":"foot-left","side":"left","activity":"run","initial_contact_s":1.5,"toe_off_s":1.71,"next_contact_s":2.2000004,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":null,"foot_strike_angle_rad":0.4,"strike":"midfoot","strike_confidence":0.5,"stride_length_m":2.1,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":["acc_clipped","samples_lost"]}',0.7000004,1.71428473469443730433e+02,2.09999999999999964472e-01,0.4900004,1.40000200000000019073e-01,2.99999828571526516718e-01,3.39905404325976112644e+00,NULL,2.29183118052329319884e+01,NULL,NULL,NULL,2.1,2.99999828571526538922e+00,8.46843650406275266773e-02,NULL,NULL);
INSERT INTO "stride" VALUES('20261121T081500Z-run','shank-right',450000,4.49999999999999955591e-01,NULL,1.1500001,NULL,'run',NULL,NULL,0.9,'','{"sensor_id":"shank-right","side":null,"activity":"run","initial_contact_s":0.44999999999999996,"toe_off_s":null,"next_contact_s":1.1500001,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":70.1,"foot_strike_angle_rad":null,"strike":null,"strike_confidence":null,"stride_length_m":null,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":[]}',0.7000001,171.428546938779,NULL,NULL,NULL,NULL,3.39905404325976112644e+00,7.14821065297527713511e+00,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "stride" VALUES('20261121T081500Z-run','shank-right',1150000,1.15,NULL,1.85000029999999981988e+00,NULL,'walk',NULL,NULL,0.9,'','{"sensor_id":"shank-right","side":null,"activity":"walk","initial_contact_s":1.15,"toe_off_s":null,"next_contact_s":1.8500002999999998,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":70.1,"foot_strike_angle_rad":null,"strike":null,"strike_confidence":null,"stride_length_m":null,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":[]}',7.00000299999999908706e-01,1.71428497959215178528e+02,NULL,NULL,NULL,NULL,3.39905404325976112644e+00,7.14821065297527713511e+00,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
INSERT INTO "stride" VALUES('20261121T081500Z-run','shank-right',1850000,1.85,NULL,2.5500005,NULL,'run',NULL,NULL,0.9,'','{"sensor_id":"shank-right","side":null,"activity":"run","initial_contact_s":1.85,"toe_off_s":null,"next_contact_s":2.5500005,"peak_acc_mps2":33.333333333333336,"peak_tibial_acc_mps2":70.1,"foot_strike_angle_rad":null,"strike":null,"strike_confidence":null,"stride_length_m":null,"pronation_excursion_rad":null,"peak_eversion_rate_radps":null,"shank_tilt_rad":null,"stance_roll_rad":null,"vertical_stiffness_npm":null,"leg_stiffness_npm":null,"confidence":0.9,"quality":[]}',7.00000499999999803435e-01,1.71428448979679359355e+02,NULL,NULL,NULL,NULL,3.39905404325976112644e+00,7.14821065297527713511e+00,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL,NULL);
CREATE TABLE track (
            session_id TEXT NOT NULL REFERENCES session,
            digest TEXT NOT NULL,
            track BLOB NOT NULL,
            PRIMARY KEY (session_id)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "track" VALUES('20261121T081500Z-run','abababababababababababababababababababababababababababababababab',X'84AB737461727465645F757463D6FF6B015302A573706F7274A772756E6E696E67A6706C6163656483A86F66667365745F73CBC000000000000000A472617465CB3FF0000000000000A76572726F725F73CB3FD999999999999AA7636F6C756D6E7388A3745F7394CBC000000000000000CBBFF0000000000000CB0000000000000000CB3FF0000000000000AB636164656E63655F73706D94CB4064C00000000000CB4065000000000000CB7FF8000000000000CB4065000000000000AA64697374616E63655F6D94CB0000000000000000CB4008000000000000CB4018000000000000CB4022000000000000A973706565645F6D707394CB7FF8000000000000CB7FF8000000000000CB7FF8000000000000CB7FF8000000000000AE68656172745F726174655F62706D94CB405E000000000000CB405E400000000000CB405E800000000000CB7FF8000000000000AC6C617469747564655F64656794CB4047B03E425AEE63CB4047B03E425AEE63CB4047B03E425AEE63CB4047B03E425AEE63AD6C6F6E6769747564655F64656794CB40211559B3D07C85CB40211559B3D07C85CB40211559B3D07C85CB40211559B3D07C85AA616C7469747564655F6D94CB7FF8000000000000CB7FF8000000000000CB7FF8000000000000CB7FF8000000000000');
CREATE TABLE window (
            session_id TEXT NOT NULL REFERENCES session,
            sensor_id TEXT NOT NULL,
            kind TEXT NOT NULL,
            position INTEGER NOT NULL,
            activity TEXT NOT NULL,
            begin_s REAL NOT NULL,
            end_s REAL NOT NULL,
            strides INTEGER NOT NULL,
            summary TEXT NOT NULL,
            PRIMARY KEY (session_id, sensor_id, kind, position, activity)
        ) STRICT, WITHOUT ROWID
        ;
INSERT INTO "window" VALUES('20261121T081500Z-run','foot-left','10s',0,'run',0.0,10.0,2,'{"sensor_id":"foot-left","side":"left","activity":"run","strides":2,"metrics":{},"strikes":{},"clipped_strides":1,"distance_m":4.2,"shock_index_g":{"peak_acc_g":4.042179252523275},"drift":{},"peak_sum_g":{"peak_acc_g":6.798108086519522},"moving_s":1.4000005999999998}');
INSERT INTO "window" VALUES('20261121T081500Z-run','foot-left','10s',0,'walk',0.0,10.0,1,'{"sensor_id":"foot-left","side":"left","activity":"walk","strides":1,"metrics":{},"strikes":{},"clipped_strides":1,"distance_m":2.1,"shock_index_g":{"peak_acc_g":3.399054043259761},"drift":{},"peak_sum_g":{"peak_acc_g":3.399054043259761},"moving_s":0.7}');
INSERT INTO "window" VALUES('20261121T081500Z-run','shank-right','10s',0,'run',0.0,10.0,2,'{"sensor_id":"shank-right","side":null,"activity":"run","strides":2,"metrics":{},"strikes":{},"clipped_strides":0,"distance_m":null,"shock_index_g":{"peak_acc_g":4.042179252523275,"peak_tibial_acc_g":8.500702968056446},"drift":{},"peak_sum_g":{"peak_acc_g":6.798108086519522,"peak_tibial_acc_g":14.296421305950554},"moving_s":1.4000005999999998}');
INSERT INTO "window" VALUES('20261121T081500Z-run','shank-right','10s',0,'walk',0.0,10.0,1,'{"sensor_id":"shank-right","side":null,"activity":"walk","strides":1,"metrics":{},"strikes":{},"clipped_strides":0,"distance_m":null,"shock_index_g":{"peak_acc_g":3.399054043259761,"peak_tibial_acc_g":7.148210652975277},"drift":{},"peak_sum_g":{"peak_acc_g":3.399054043259761,"peak_tibial_acc_g":7.148210652975277},"moving_s":0.7000002999999999}');
COMMIT;
