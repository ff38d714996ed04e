extension HeadlineTrials {
    /// The sources of `dev2`: the dev sources that the corpus got later, the same list as `Corpora/dev2.txt`.
    ///
    /// Rule: the list is held here and not read from a corpus folder. Why: a manifest names sources, and whoever has only the
    /// manifest must get the same trials. Otherwise `dev` would grow with the corpus, and its figures with time mean nothing.
    public static let dev2Sources: Set<String> = [
        "amazon_queen_talkie", "anmol_fakes", "asterisk_core_ru", "asterisk_fr_armelle", "autovid_previews", "azure_neural_samples_en",
        "chetan_spkid", "crewchief_autovoice", "cv_persian", "deloche_langs", "dreame_uk", "fdu_dsp_words", "foneai_polly_previews",
        "gengobot_openai", "goldenfishes_eval", "hccho2_korean", "jyutnet_cantonese", "kokoro_fastapi", "lie_students",
        "linphone_nonspeech", "minerva_gemini", "mntts", "opentx_finnish_say", "parkinson_tessi", "pl_projektsm",
        "prosaas_openai_previews", "scetts_demo", "snakegan_demo", "spontts_demo", "streamvoice_demo", "suba_africanvoices",
        "supertonic_demo", "synthflow_openai", "taylorlu_zh4", "uniaudio_demo", "unknown_horizons", "vi_students", "voicetailor_demo",
        "watson_demo_bb", "workspark_elevenlabs",
    ]
}
