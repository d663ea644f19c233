"""Makes the components of td-gcp in TouchDesigner. This file needs nothing but itself.

1. Drag this file into a network: a Text DAT appears.
2. Right-click the DAT and choose Run Script.

Both components appear beside the DAT. Where they are there already, they are brought to the version of this file; their
parameter values stay.

To keep them as files of their own, type into the textport, with the path of your DAT and a folder of your choice:

    op('/project1/install').module.save('C:/components')

Written by tools/build.py of td-gcp; what is to be changed is changed there.
"""

from typing import Any

import td

#: Put into every DAT by TouchDesigner: this DAT.
me: Any

MODULES = "local/modules"
#: The module that makes the components; those it imports have names that begin like its own.
ASSEMBLER = "tdg_td_assembler"

DESCRIPTIONS = {
    "firestore": '''\
{
 "format": 1,
 "name": "firestore",
 "version": "0.1.0",
 "summary": "Documents of Cloud Firestore as live tables, both ways, also without a network.",
 "shortcut": "firestore",
 "color": [
  0.95,
  0.42,
  0.2
 ],
 "viewer": "status",
 "pages": [
  {
   "name": "Creds",
   "parameters": [
    {
     "name": "Privatekey",
     "label": "Private Key File",
     "style": "File",
     "default": "",
     "enable": "me.par.Emulatorhost == ''",
     "help": "Service account key (JSON) of your Firebase or Google Cloud project: in the Firebase console under Project settings, Service accounts, Generate new private key. Only its path is kept here, never its content. A relative path is below the project folder. Changing it reconnects and keeps tables and queues."
    },
    {
     "name": "Databaseid",
     "label": "Database ID",
     "style": "Str",
     "default": "(default)",
     "help": "Which database of the project to use. Nearly every project has just the one called (default); enter the name of another one you have created."
    },
    {
     "name": "Emulatorhost",
     "label": "Emulator Host",
     "style": "Str",
     "default": "",
     "help": "Address of a local emulator as host:port, for example 127.0.0.1:8080. With an address here no key is needed and nothing reaches the real project. Leave empty to use the cloud.",
     "section": true
    },
    {
     "name": "Useadc",
     "label": "Use ADC",
     "style": "Toggle",
     "default": false,
     "enable": "me.par.Privatekey == '' and me.par.Emulatorhost == ''",
     "help": "With no key file, use Application Default Credentials: what gcloud auth application-default login leaves on this machine, or the machine's own account in Google Cloud. Handy where no key may be copied around."
    }
   ]
  },
  {
   "name": "Sync",
   "parameters": [
    {
     "name": "Enablelistener",
     "label": "Enable Listener",
     "style": "Toggle",
     "default": true,
     "help": "Keep the tables in collections up to date with the server. Off: nothing comes in, writing still works."
    },
    {
     "name": "Enablewriteback",
     "label": "Enable Write-Back",
     "style": "Toggle",
     "default": true,
     "help": "Editing a payload cell writes the document to Firestore, half a second after the last edit. Off: edits stay local."
    },
    {
     "name": "Collections",
     "label": "Collections (space-sep)",
     "style": "Str",
     "default": "",
     "help": "Which collections to watch, separated by spaces; subcollections as users/u1/items. Empty or * finds all top-level collections by itself and looks again every 30 s. Name them for a faster start and fewer reads.",
     "section": true
    },
    {
     "name": "Filterdocs",
     "label": "Filter Docs (space-sep)",
     "style": "Str",
     "default": "",
     "help": "Document ids, separated by spaces, that Doc Filter Mode lets in or keeps out. Empty: all documents.",
     "section": true
    },
    {
     "name": "Filterdocsmode",
     "label": "Doc Filter Mode",
     "style": "Menu",
     "default": "include",
     "menu": [
      [
       "include",
       "Include"
      ],
      [
       "exclude",
       "Exclude"
      ]
     ],
     "enable": "me.par.Filterdocs != ''",
     "help": "Include: only the documents named in Filter Docs appear. Exclude: all but those."
    },
    {
     "name": "Filterfields",
     "label": "Filter Fields (space-sep)",
     "style": "Str",
     "default": "",
     "help": "Field names, separated by spaces, that Field Filter Mode keeps out or lets in. Empty: all fields. An edited payload then changes only the fields it shows, the hidden ones stay on the server.",
     "section": true
    },
    {
     "name": "Filterfieldsmode",
     "label": "Field Filter Mode",
     "style": "Menu",
     "default": "exclude",
     "menu": [
      [
       "exclude",
       "Exclude"
      ],
      [
       "include",
       "Include"
      ]
     ],
     "enable": "me.par.Filterfields != ''",
     "help": "Exclude: the payload shows all fields but those named in Filter Fields. Include: only those."
    },
    {
     "name": "Expandfields",
     "label": "Expand Fields (space-sep)",
     "style": "Str",
     "default": "",
     "help": "Field names, separated by spaces, that also appear as columns of their own in each collection table, read-only: so that a DAT to CHOP can use a value directly. Empty: no extra columns.",
     "section": true
    }
   ]
  },
  {
   "name": "Conn",
   "parameters": [
    {
     "name": "Autoconnect",
     "label": "Auto Connect",
     "style": "Toggle",
     "default": true,
     "help": "Connect by itself when the project starts, and keep trying after every break for as long as this is on. Turn it off to decide with Connect and Disconnect."
    },
    {
     "name": "Circuitfailurethreshold",
     "label": "Circuit Failure Threshold",
     "style": "Int",
     "default": 5,
     "minimum": 1,
     "slider": [
      1,
      20
     ],
     "help": "After this many failures in a row the circuit opens: nothing is tried until Circuit Timeout has passed, so that a dead network is not hammered. Raise it on a network that often hiccups."
    },
    {
     "name": "Circuittimeout",
     "label": "Circuit Timeout (s)",
     "style": "Float",
     "default": 60.0,
     "minimum": 0.0,
     "slider": [
      0,
      300
     ],
     "help": "Seconds the circuit stays open before one probe is let through. If the probe succeeds everything goes on, if not the wait begins again. Lower it where a break of the network should be over quickly."
    },
    {
     "name": "Backoffbase",
     "label": "Backoff Base",
     "style": "Float",
     "default": 2.0,
     "minimum": 1.0,
     "slider": [
      1,
      5
     ],
     "help": "How fast the wait before a reconnect grows: base to the power of the failures so far, in seconds, never more than Backoff Max. 2 gives 2, 4, 8, 16 seconds. 1 tries again every second."
    },
    {
     "name": "Backoffmax",
     "label": "Backoff Max (s)",
     "style": "Float",
     "default": 300.0,
     "minimum": 0.0,
     "slider": [
      0,
      600
     ],
     "help": "Longest wait in seconds before another attempt to reconnect. Lower it where the show should be online again soon after the network returns."
    },
    {
     "name": "Framebudget",
     "label": "Frame Budget (ms)",
     "style": "Float",
     "default": 2.0,
     "minimum": 0.1,
     "slider": [
      0.1,
      10
     ],
     "help": "Milliseconds of a frame that this component may spend on taking in results; what is left waits for the next frame. At 60 fps a frame lasts 16.7 ms. Lower it if frames are tight, raise it if large collections should appear sooner.",
     "section": true
    },
    {
     "name": "Engine",
     "label": "Engine",
     "style": "Menu",
     "default": "thread",
     "menu": [
      [
       "thread",
       "Threads of TouchDesigner"
      ],
      [
       "process",
       "Process Beside It"
      ]
     ],
     "help": "Where the network work is done. Threads need nothing else. A process of its own cannot slow a frame down, and a crash of it costs a restart of the process instead of the show. Can be changed at any time, nothing is lost."
    }
   ]
  },
  {
   "name": "Cache",
   "parameters": [
    {
     "name": "Enablecache",
     "label": "Enable Cache",
     "style": "Toggle",
     "default": true,
     "help": "Keep every write in a SQLite file until the server has confirmed it, and a copy of the documents for a start without a network. Off: what is not confirmed is lost when the project closes."
    },
    {
     "name": "Cachepath",
     "label": "Cache Folder",
     "style": "Folder",
     "default": "cache",
     "enable": "me.par.Enablecache",
     "help": "Folder of the SQLite file gcp.db. A relative one is below the project folder. Choose a local disk, not a network share."
    },
    {
     "name": "Cachehydrate",
     "label": "Hydrate on Start",
     "style": "Toggle",
     "default": true,
     "enable": "me.par.Enablecache",
     "help": "Fill the tables from the cache as soon as the component starts, before the server answers, even with no network at all."
    }
   ]
  },
  {
   "name": "Callbacks",
   "parameters": [
    {
     "name": "Createcallbacksdat",
     "label": "Create",
     "style": "Pulse",
     "help": "Make a text DAT beside the component with a stub of every callback, and set Callbacks DAT to it. An existing one is left alone."
    },
    {
     "name": "Callbacksdat",
     "label": "Callbacks DAT",
     "style": "DAT",
     "default": "",
     "help": "Text DAT whose functions are called when something happens. They run on the main thread, so keep them short. A function that is missing is simply not called; an error in one is logged as a warning."
    },
    {
     "name": "Logop",
     "label": "External Log DAT",
     "style": "DAT",
     "default": "",
     "help": "A FIFO, table or text DAT of your own that every log entry is written to as well, for example to collect the logs of several components in one place. Leave empty for none."
    }
   ]
  },
  {
   "name": "Controls",
   "parameters": [
    {
     "name": "Connect",
     "label": "Connect",
     "style": "Pulse",
     "help": "Connect now. Returns at once; the state column of status goes from connecting to connected or error."
    },
    {
     "name": "Disconnect",
     "label": "Disconnect",
     "style": "Pulse",
     "help": "Close the connection. Tables and queues stay as they are."
    },
    {
     "name": "Reset",
     "label": "Reset",
     "style": "Pulse",
     "help": "After a question: disconnect, empty queues and tables, close the circuit. Connect works again afterwards."
    },
    {
     "name": "Flushdirty",
     "label": "Flush Dirty",
     "style": "Pulse",
     "help": "Send every row whose _dirty is 1, for example after a mistyped payload was put right."
    },
    {
     "name": "Flushqueue",
     "label": "Flush Write Queue",
     "style": "Pulse",
     "help": "Try all queued writes again now instead of waiting for the next reconnect."
    }
   ]
  },
  {
   "name": "About",
   "parameters": [
    {
     "name": "Build",
     "label": "Build Number",
     "style": "Int",
     "default": 1,
     "help": "Number of this release, counted up with every one. Name it when you report a problem.",
     "read_only": true
    },
    {
     "name": "Date",
     "label": "Build Date",
     "style": "Str",
     "default": "2026-11-20",
     "help": "Day this release was built, as year-month-day.",
     "read_only": true
    },
    {
     "name": "Touchbuild",
     "label": "Touch Build",
     "style": "Str",
     "default": "2025.32050",
     "help": "The oldest TouchDesigner build that this release is made for.",
     "read_only": true
    },
    {
     "name": "Version",
     "label": "Version",
     "style": "Str",
     "default": "0.1.0",
     "help": "Version of this component. Changes between versions are listed in the changelog.",
     "section": true,
     "read_only": true
    },
    {
     "name": "Help",
     "label": "Help",
     "style": "Pulse",
     "help": "Open the documentation of this version in the browser."
    },
    {
     "name": "Credits",
     "label": "Credits",
     "style": "Str",
     "default": "td-gcp, MIT. Built on firebase-admin, google-cloud-storage, google-cloud-firestore and gRPC (Apache 2.0), SQLite (public domain), uv (MIT).",
     "help": "What this component is built on, with the licences.",
     "read_only": true
    }
   ]
  }
 ],
 "operators": [
  {
   "path": "local",
   "type": "baseCOMP",
   "position": [
    0,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "The modules that the extensions import (modules), the description the assembler keeps this component to, and templates."
  },
  {
   "path": "ext_bootstrap",
   "type": "textDAT",
   "position": [
    400,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Makes the Python environment and installs the Google packages once per project.",
   "language": "python"
  },
  {
   "path": "ext_connection",
   "type": "textDAT",
   "position": [
    600,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Circuit breaker: decides whether and when the server may be tried again.",
   "language": "python"
  },
  {
   "path": "log",
   "type": "fifoDAT",
   "position": [
    0,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "The last 200 log entries, newest at the bottom. DEBUG entries are only in GetLogs().",
   "parameters": {
    "callbacks": {
     "reference": "log_callbacks"
    },
    "clamp": true,
    "maxlines": 200
   }
  },
  {
   "path": "log_callbacks",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "Called for every new line of log.",
   "language": "python",
   "dock": "log"
  },
  {
   "path": "status",
   "type": "tableDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "One row that says how the component is doing.",
   "rows": [
    [
     "state",
     "circuit",
     "last_error",
     "queue_depth",
     "connected_at",
     "collections"
    ],
    [
     "disconnected",
     "closed",
     "",
     "0",
     "",
     "0"
    ]
   ]
  },
  {
   "path": "par_exec",
   "type": "parameterexecuteDAT",
   "position": [
    0,
    -300
   ],
   "color": [
    0.68,
    0.63,
    0.57
   ],
   "comment": "Routes pulses and value changes to the extension.",
   "language": "python",
   "parameters": {
    "active": true,
    "op": {
     "reference": ".."
    },
    "pars": "*",
    "valuechange": true,
    "valueschanged": false,
    "onpulse": true,
    "expressionchange": false,
    "exportchange": false,
    "enablechange": false,
    "modechange": false,
    "custom": true,
    "builtin": false
   }
  },
  {
   "path": "life_exec",
   "type": "executeDAT",
   "position": [
    200,
    -300
   ],
   "color": [
    0.68,
    0.63,
    0.57
   ],
   "comment": "Starts the extension when the component comes into being, calls it every frame, tells it of save and exit.",
   "language": "python",
   "parameters": {
    "active": true,
    "start": true,
    "create": true,
    "exit": true,
    "framestart": true,
    "frameend": false,
    "playstatechange": false,
    "devicechange": false,
    "projectpresave": true,
    "projectpostsave": true
   }
  },
  {
   "path": "ext_firestore",
   "type": "textDAT",
   "position": [
    200,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Connection life cycle, listeners, write routing, log. Its methods are promoted: op.firestore.PushDoc(...)",
   "language": "python"
  },
  {
   "path": "ext_write_queue",
   "type": "textDAT",
   "position": [
    800,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Write queue and document cache in SQLite.",
   "language": "python"
  },
  {
   "path": "collections",
   "type": "baseCOMP",
   "position": [
    800,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "One table per watched collection, and a watcher for each that notices edits."
  },
  {
   "path": "collection_index",
   "type": "tableDAT",
   "position": [
    1000,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "Which table in collections holds which collection.",
   "rows": [
    [
     "collection",
     "table"
    ]
   ]
  },
  {
   "path": "write_queue_dat",
   "type": "tableDAT",
   "position": [
    1200,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "Writes that the server has not confirmed yet, oldest first.",
   "rows": [
    [
     "queue_id",
     "collection",
     "doc_id",
     "op_type",
     "payload",
     "queued_at",
     "retry_count",
     "last_error"
    ]
   ]
  },
  {
   "path": "dead_letters",
   "type": "tableDAT",
   "position": [
    1400,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "Writes that the server refused for good; RetryDeadLetters() or ClearDeadLetters().",
   "rows": [
    [
     "queue_id",
     "collection",
     "doc_id",
     "op_type",
     "payload",
     "queued_at",
     "retry_count",
     "last_error",
     "failed_at"
    ]
   ]
  },
  {
   "path": "callbacks_template",
   "type": "textDAT",
   "position": [
    1000,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "What Create on the Callbacks page copies.",
   "language": "python"
  },
  {
   "path": "cellwatch_template",
   "type": "textDAT",
   "position": [
    1200,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "The watcher that each collection table gets.",
   "language": "python"
  },
  {
   "path": "local/modules",
   "type": "baseCOMP",
   "position": [
    0,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "Found by import from anywhere in this component."
  },
  {
   "path": "local/requirements",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The packages that are installed, each with its version and the hashes of its files.",
   "language": "text"
  },
  {
   "path": "local/requirements_uv",
   "type": "textDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The installer of the packages, with its version and the hashes of its files.",
   "language": "text"
  },
  {
   "path": "local/help",
   "type": "textDAT",
   "position": [
    200,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The page that Help on the About page opens.",
   "language": "text"
  },
  {
   "path": "local/credits",
   "type": "textDAT",
   "position": [
    400,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "What the component stands on, with versions and licences.",
   "language": "text"
  },
  {
   "path": "local/tdg_component",
   "type": "textDAT",
   "position": [
    0,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "What the assembler keeps this component to. Written by the build.",
   "language": "text"
  },
  {
   "path": "local/modules/tdg_core_bootstrap_messages",
   "type": "textDAT",
   "position": [
    0,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_connection",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_errors",
   "type": "textDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_codec",
   "type": "textDAT",
   "position": [
    600,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_codec_path",
   "type": "textDAT",
   "position": [
    800,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_codec_sdk",
   "type": "textDAT",
   "position": [
    1000,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_codec_time",
   "type": "textDAT",
   "position": [
    0,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_codec_write",
   "type": "textDAT",
   "position": [
    200,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_estimate",
   "type": "textDAT",
   "position": [
    400,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_filters",
   "type": "textDAT",
   "position": [
    600,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_inbound",
   "type": "textDAT",
   "position": [
    800,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_messages",
   "type": "textDAT",
   "position": [
    1000,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_names",
   "type": "textDAT",
   "position": [
    0,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_rows",
   "type": "textDAT",
   "position": [
    200,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_settings",
   "type": "textDAT",
   "position": [
    400,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_watch",
   "type": "textDAT",
   "position": [
    600,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_watch_events",
   "type": "textDAT",
   "position": [
    800,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_watch_spec",
   "type": "textDAT",
   "position": [
    1000,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_watch_timing",
   "type": "textDAT",
   "position": [
    0,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_firestore_writes",
   "type": "textDAT",
   "position": [
    200,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_installer",
   "type": "textDAT",
   "position": [
    400,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_log",
   "type": "textDAT",
   "position": [
    600,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_messages",
   "type": "textDAT",
   "position": [
    800,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_packages",
   "type": "textDAT",
   "position": [
    1000,
    -450
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_retry",
   "type": "textDAT",
   "position": [
    0,
    -600
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_settings",
   "type": "textDAT",
   "position": [
    200,
    -600
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_firestore_documents",
   "type": "textDAT",
   "position": [
    0,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_home",
   "type": "textDAT",
   "position": [
    200,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_key",
   "type": "textDAT",
   "position": [
    400,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_lock",
   "type": "textDAT",
   "position": [
    600,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_sqlite",
   "type": "textDAT",
   "position": [
    800,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_venv",
   "type": "textDAT",
   "position": [
    1000,
    -750
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge",
   "type": "textDAT",
   "position": [
    0,
    -900
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_journal",
   "type": "textDAT",
   "position": [
    200,
    -900
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_outbox",
   "type": "textDAT",
   "position": [
    400,
    -900
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_slot",
   "type": "textDAT",
   "position": [
    600,
    -900
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_thread",
   "type": "textDAT",
   "position": [
    800,
    -900
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_bootstrap",
   "type": "textDAT",
   "position": [
    0,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_engine",
   "type": "textDAT",
   "position": [
    200,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_firestore",
   "type": "textDAT",
   "position": [
    400,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_firestore_cache",
   "type": "textDAT",
   "position": [
    600,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_firestore_queue",
   "type": "textDAT",
   "position": [
    800,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_firestore_store",
   "type": "textDAT",
   "position": [
    1000,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_imports",
   "type": "textDAT",
   "position": [
    0,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_listen",
   "type": "textDAT",
   "position": [
    200,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_listen_load",
   "type": "textDAT",
   "position": [
    400,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_listen_mend",
   "type": "textDAT",
   "position": [
    600,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_listen_stream",
   "type": "textDAT",
   "position": [
    800,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_loop",
   "type": "textDAT",
   "position": [
    1000,
    -1200
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_outbox",
   "type": "textDAT",
   "position": [
    0,
    -1350
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_process",
   "type": "textDAT",
   "position": [
    200,
    -1350
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_store",
   "type": "textDAT",
   "position": [
    400,
    -1350
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_uv",
   "type": "textDAT",
   "position": [
    600,
    -1350
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_app",
   "type": "textDAT",
   "position": [
    0,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_errors",
   "type": "textDAT",
   "position": [
    200,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore",
   "type": "textDAT",
   "position": [
    400,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore_api",
   "type": "textDAT",
   "position": [
    600,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore_errors",
   "type": "textDAT",
   "position": [
    800,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore_listen",
   "type": "textDAT",
   "position": [
    1000,
    -1500
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore_values",
   "type": "textDAT",
   "position": [
    0,
    -1650
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_firestore_write",
   "type": "textDAT",
   "position": [
    200,
    -1650
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler",
   "type": "textDAT",
   "position": [
    0,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_extensions",
   "type": "textDAT",
   "position": [
    200,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_network",
   "type": "textDAT",
   "position": [
    400,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_parameters",
   "type": "textDAT",
   "position": [
    600,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_callbacks",
   "type": "textDAT",
   "position": [
    800,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_component",
   "type": "textDAT",
   "position": [
    1000,
    -1800
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_connection",
   "type": "textDAT",
   "position": [
    0,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_engine",
   "type": "textDAT",
   "position": [
    200,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_outbound",
   "type": "textDAT",
   "position": [
    400,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_queue",
   "type": "textDAT",
   "position": [
    600,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_sync",
   "type": "textDAT",
   "position": [
    800,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_table",
   "type": "textDAT",
   "position": [
    1000,
    -1950
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_view",
   "type": "textDAT",
   "position": [
    0,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_firestore_views",
   "type": "textDAT",
   "position": [
    200,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_log",
   "type": "textDAT",
   "position": [
    400,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_params",
   "type": "textDAT",
   "position": [
    600,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_status",
   "type": "textDAT",
   "position": [
    800,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_tables",
   "type": "textDAT",
   "position": [
    1000,
    -2100
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_tasks",
   "type": "textDAT",
   "position": [
    0,
    -2250
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  }
 ],
 "groups": [
  {
   "name": "note_extensions",
   "title": "Extensions",
   "body": "The classes behind the component's methods. What they import lies in local/modules.",
   "color": [
    0.23,
    0.33,
    0.44
   ],
   "box": [
    -40,
    260,
    1610,
    290
   ]
  },
  {
   "name": "note_data",
   "title": "Data",
   "body": "What the component knows: watch these tables, wire them on, but leave writing them to the component.",
   "color": [
    0.24,
    0.36,
    0.28
   ],
   "box": [
    -40,
    -40,
    1610,
    290
   ]
  },
  {
   "name": "note_exec",
   "title": "Exec",
   "body": "Hands parameter changes, pulses and the project's life cycle over to the extension.",
   "color": [
    0.42,
    0.32,
    0.22
   ],
   "box": [
    -40,
    -340,
    1610,
    250
   ]
  }
 ],
 "extensions": [
  {
   "name": "FirestoreExt",
   "object": "op('./ext_firestore').module.FirestoreExt(me)",
   "promote": true
  },
  {
   "name": "BootstrapExt",
   "object": "op('./ext_bootstrap').module.BootstrapExt(me)",
   "promote": false
  },
  {
   "name": "ConnectionExt",
   "object": "op('./ext_connection').module.ConnectionExt(me)",
   "promote": false
  },
  {
   "name": "WriteQueueExt",
   "object": "op('./ext_write_queue').module.WriteQueueExt(me)",
   "promote": false
  }
 ]
}
''',
    "storage": '''\
{
 "format": 1,
 "name": "storage",
 "version": "0.1.0",
 "summary": "Files between TouchDesigner and Firebase / Google Cloud Storage: upload, download, sync.",
 "shortcut": "storage",
 "color": [
  0.95,
  0.62,
  0.16
 ],
 "viewer": "status",
 "pages": [
  {
   "name": "Creds",
   "parameters": [
    {
     "name": "Privatekey",
     "label": "Private Key File",
     "style": "File",
     "default": "",
     "enable": "me.par.Emulatorhost == ''",
     "help": "Service account key (JSON) of your Firebase or Google Cloud project: in the Firebase console under Project settings, Service accounts, Generate new private key. Only its path is kept here, never its content. A relative path is below the project folder. Changing it reconnects and keeps tables and queues."
    },
    {
     "name": "Bucket",
     "label": "Bucket Name",
     "style": "Str",
     "default": "",
     "help": "Name of the bucket, without gs://. Empty means the project's default bucket, <project id>.firebasestorage.app. Older Firebase projects have one that ends in .appspot.com: enter it here."
    },
    {
     "name": "Emulatorhost",
     "label": "Emulator Host",
     "style": "Str",
     "default": "",
     "help": "Address of a local emulator as host:port, for example 127.0.0.1:8080. With an address here no key is needed and nothing reaches the real project. Leave empty to use the cloud.",
     "section": true
    },
    {
     "name": "Useadc",
     "label": "Use ADC",
     "style": "Toggle",
     "default": false,
     "enable": "me.par.Privatekey == '' and me.par.Emulatorhost == ''",
     "help": "With no key file, use Application Default Credentials: what gcloud auth application-default login leaves on this machine, or the machine's own account in Google Cloud. Handy where no key may be copied around."
    }
   ]
  },
  {
   "name": "Storage",
   "parameters": [
    {
     "name": "Localpath",
     "label": "Local Path",
     "style": "Folder",
     "default": "",
     "help": "Folder on this machine that relative local paths are below, and that is synced. A relative one is below the project folder. Empty is the project folder itself; Sync needs a folder to be chosen."
    },
    {
     "name": "Remotepath",
     "label": "Remote Path",
     "style": "Str",
     "default": "",
     "help": "Folder in the bucket that relative remote paths are below, for example media/. Empty is the whole bucket. A remote path that starts with a slash goes past this one."
    },
    {
     "name": "Makepublic",
     "label": "Make Public",
     "style": "Toggle",
     "default": false,
     "help": "Make every uploaded file readable by anyone who knows its address. The bucket must allow public access per file (uniform access off). Upload(make_public=...) decides for a single file."
    },
    {
     "name": "Deleteremoteorphans",
     "label": "Delete Remote Orphans",
     "style": "Toggle",
     "default": false,
     "help": "Sync deletes files in the bucket that are no longer in the local folder. For a folder that is the one source of truth. More than Max Delete at once is refused.",
     "section": true
    },
    {
     "name": "Deletelocalorphans",
     "label": "Delete Local Orphans",
     "style": "Toggle",
     "default": false,
     "help": "Sync removes local files that are no longer in the bucket; they go into a trash folder in the cache. For machines that only show what the bucket holds. More than Max Delete at once is refused."
    },
    {
     "name": "Maxconcurrent",
     "label": "Max Concurrent",
     "style": "Int",
     "default": 3,
     "minimum": 1,
     "slider": [
      1,
      16
     ],
     "help": "How many transfers run at once; the others wait in order. More helps with many small files on a fast line, fewer leaves room for the show on a slow one.",
     "section": true
    },
    {
     "name": "Maxdelete",
     "label": "Max Delete (%)",
     "style": "Int",
     "default": 50,
     "minimum": 0,
     "maximum": 100,
     "slider": [
      0,
      100
     ],
     "help": "Safety catch of the orphan options, in percent: a sync that would delete more than this share of the files of a side deletes none and says so. Raise it, or call SyncFolder(force=True), when a large clean-up is wanted.",
     "section": true
    },
    {
     "name": "Conflictmode",
     "label": "On Conflict",
     "style": "Menu",
     "default": "newest",
     "menu": [
      [
       "newest",
       "Newest Wins"
      ],
      [
       "keepboth",
       "Keep Both"
      ],
      [
       "local",
       "Local Wins"
      ],
      [
       "remote",
       "Remote Wins"
      ]
     ],
     "help": "What Sync does with a file that was changed on both sides since the last sync. Keep Both saves the older one beside the other as name.conflict-<time>. Every conflict is reported in onSyncComplete."
    },
    {
     "name": "Watchfolder",
     "label": "Watch Folder",
     "style": "Toggle",
     "default": false,
     "help": "Upload new and changed files below Local Path by themselves, once they have stopped growing. For a photo booth or a recorder that writes into the folder."
    }
   ]
  },
  {
   "name": "Conn",
   "parameters": [
    {
     "name": "Autoconnect",
     "label": "Auto Connect",
     "style": "Toggle",
     "default": true,
     "help": "Connect by itself when the project starts, and keep trying after every break for as long as this is on. Turn it off to decide with Connect and Disconnect."
    },
    {
     "name": "Circuitfailurethreshold",
     "label": "Circuit Failure Threshold",
     "style": "Int",
     "default": 5,
     "minimum": 1,
     "slider": [
      1,
      20
     ],
     "help": "After this many failures in a row the circuit opens: nothing is tried until Circuit Timeout has passed, so that a dead network is not hammered. Raise it on a network that often hiccups."
    },
    {
     "name": "Circuittimeout",
     "label": "Circuit Timeout (s)",
     "style": "Float",
     "default": 60.0,
     "minimum": 0.0,
     "slider": [
      0,
      300
     ],
     "help": "Seconds the circuit stays open before one probe is let through. If the probe succeeds everything goes on, if not the wait begins again. Lower it where a break of the network should be over quickly."
    },
    {
     "name": "Backoffbase",
     "label": "Backoff Base",
     "style": "Float",
     "default": 2.0,
     "minimum": 1.0,
     "slider": [
      1,
      5
     ],
     "help": "How fast the wait before a reconnect grows: base to the power of the failures so far, in seconds, never more than Backoff Max. 2 gives 2, 4, 8, 16 seconds. 1 tries again every second."
    },
    {
     "name": "Backoffmax",
     "label": "Backoff Max (s)",
     "style": "Float",
     "default": 300.0,
     "minimum": 0.0,
     "slider": [
      0,
      600
     ],
     "help": "Longest wait in seconds before another attempt to reconnect. Lower it where the show should be online again soon after the network returns."
    },
    {
     "name": "Framebudget",
     "label": "Frame Budget (ms)",
     "style": "Float",
     "default": 2.0,
     "minimum": 0.1,
     "slider": [
      0.1,
      10
     ],
     "help": "Milliseconds of a frame that this component may spend on taking in results; what is left waits for the next frame. At 60 fps a frame lasts 16.7 ms. Lower it if frames are tight, raise it if large collections should appear sooner.",
     "section": true
    },
    {
     "name": "Engine",
     "label": "Engine",
     "style": "Menu",
     "default": "thread",
     "menu": [
      [
       "thread",
       "Threads of TouchDesigner"
      ],
      [
       "process",
       "Process Beside It"
      ]
     ],
     "help": "Where the network work is done. Threads need nothing else. A process of its own cannot slow a frame down, and a crash of it costs a restart of the process instead of the show. Can be changed at any time, nothing is lost."
    }
   ]
  },
  {
   "name": "Callbacks",
   "parameters": [
    {
     "name": "Createcallbacksdat",
     "label": "Create",
     "style": "Pulse",
     "help": "Make a text DAT beside the component with a stub of every callback, and set Callbacks DAT to it. An existing one is left alone."
    },
    {
     "name": "Callbacksdat",
     "label": "Callbacks DAT",
     "style": "DAT",
     "default": "",
     "help": "Text DAT whose functions are called when something happens. They run on the main thread, so keep them short. A function that is missing is simply not called; an error in one is logged as a warning."
    },
    {
     "name": "Logop",
     "label": "External Log DAT",
     "style": "DAT",
     "default": "",
     "help": "A FIFO, table or text DAT of your own that every log entry is written to as well, for example to collect the logs of several components in one place. Leave empty for none."
    }
   ]
  },
  {
   "name": "Controls",
   "parameters": [
    {
     "name": "Connect",
     "label": "Connect",
     "style": "Pulse",
     "help": "Connect now. Returns at once; the state column of status goes from connecting to connected or error."
    },
    {
     "name": "Disconnect",
     "label": "Disconnect",
     "style": "Pulse",
     "help": "Close the connection. Tables and queues stay as they are."
    },
    {
     "name": "Reset",
     "label": "Reset",
     "style": "Pulse",
     "help": "After a question: disconnect, empty queues and tables, close the circuit. Connect works again afterwards."
    },
    {
     "name": "Upload",
     "label": "Upload",
     "style": "Pulse",
     "help": "Bring the folder in the bucket up to date with Local Path: SyncFolder('upload')."
    },
    {
     "name": "Download",
     "label": "Download",
     "style": "Pulse",
     "help": "Bring Local Path up to date with the folder in the bucket: SyncFolder('download')."
    },
    {
     "name": "Sync",
     "label": "Sync",
     "style": "Pulse",
     "help": "Bring both sides up to date with each other: SyncFolder('both')."
    },
    {
     "name": "Canceltransfers",
     "label": "Cancel Transfers",
     "style": "Pulse",
     "help": "Cancel every transfer that has not started yet. Running ones finish; CancelTransfers(include_active=True) stops them, too."
    }
   ]
  },
  {
   "name": "About",
   "parameters": [
    {
     "name": "Build",
     "label": "Build Number",
     "style": "Int",
     "default": 1,
     "help": "Number of this release, counted up with every one. Name it when you report a problem.",
     "read_only": true
    },
    {
     "name": "Date",
     "label": "Build Date",
     "style": "Str",
     "default": "2026-11-20",
     "help": "Day this release was built, as year-month-day.",
     "read_only": true
    },
    {
     "name": "Touchbuild",
     "label": "Touch Build",
     "style": "Str",
     "default": "2025.32050",
     "help": "The oldest TouchDesigner build that this release is made for.",
     "read_only": true
    },
    {
     "name": "Version",
     "label": "Version",
     "style": "Str",
     "default": "0.1.0",
     "help": "Version of this component. Changes between versions are listed in the changelog.",
     "section": true,
     "read_only": true
    },
    {
     "name": "Help",
     "label": "Help",
     "style": "Pulse",
     "help": "Open the documentation of this version in the browser."
    },
    {
     "name": "Credits",
     "label": "Credits",
     "style": "Str",
     "default": "td-gcp, MIT. Built on firebase-admin, google-cloud-storage, google-cloud-firestore and gRPC (Apache 2.0), SQLite (public domain), uv (MIT).",
     "help": "What this component is built on, with the licences.",
     "read_only": true
    }
   ]
  }
 ],
 "operators": [
  {
   "path": "local",
   "type": "baseCOMP",
   "position": [
    0,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "The modules that the extensions import (modules), the description the assembler keeps this component to, and templates."
  },
  {
   "path": "ext_bootstrap",
   "type": "textDAT",
   "position": [
    400,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Makes the Python environment and installs the Google packages once per project.",
   "language": "python"
  },
  {
   "path": "ext_connection",
   "type": "textDAT",
   "position": [
    600,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Circuit breaker: decides whether and when the server may be tried again.",
   "language": "python"
  },
  {
   "path": "log",
   "type": "fifoDAT",
   "position": [
    0,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "The last 200 log entries, newest at the bottom. DEBUG entries are only in GetLogs().",
   "parameters": {
    "callbacks": {
     "reference": "log_callbacks"
    },
    "clamp": true,
    "maxlines": 200
   }
  },
  {
   "path": "log_callbacks",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "Called for every new line of log.",
   "language": "python",
   "dock": "log"
  },
  {
   "path": "status",
   "type": "tableDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "One row that says how the component is doing.",
   "rows": [
    [
     "state",
     "circuit",
     "last_error",
     "active_transfers",
     "connected_at",
     "bucket"
    ],
    [
     "disconnected",
     "closed",
     "",
     "0",
     "",
     ""
    ]
   ]
  },
  {
   "path": "par_exec",
   "type": "parameterexecuteDAT",
   "position": [
    0,
    -300
   ],
   "color": [
    0.68,
    0.63,
    0.57
   ],
   "comment": "Routes pulses and value changes to the extension.",
   "language": "python",
   "parameters": {
    "active": true,
    "op": {
     "reference": ".."
    },
    "pars": "*",
    "valuechange": true,
    "valueschanged": false,
    "onpulse": true,
    "expressionchange": false,
    "exportchange": false,
    "enablechange": false,
    "modechange": false,
    "custom": true,
    "builtin": false
   }
  },
  {
   "path": "life_exec",
   "type": "executeDAT",
   "position": [
    200,
    -300
   ],
   "color": [
    0.68,
    0.63,
    0.57
   ],
   "comment": "Starts the extension when the component comes into being, calls it every frame, tells it of save and exit.",
   "language": "python",
   "parameters": {
    "active": true,
    "start": true,
    "create": true,
    "exit": true,
    "framestart": true,
    "frameend": false,
    "playstatechange": false,
    "devicechange": false,
    "projectpresave": true,
    "projectpostsave": true
   }
  },
  {
   "path": "ext_storage",
   "type": "textDAT",
   "position": [
    200,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "Connection life cycle, transfers, path resolution, log. Its methods are promoted: op.storage.Upload(...)",
   "language": "python"
  },
  {
   "path": "transfers",
   "type": "tableDAT",
   "position": [
    800,
    0
   ],
   "color": [
    0.58,
    0.65,
    0.6
   ],
   "comment": "One row per transfer, newest at the bottom.",
   "rows": [
    [
     "transfer_id",
     "type",
     "remote_path",
     "local_path",
     "status",
     "started_at",
     "completed_at",
     "error",
     "size",
     "progress",
     "speed"
    ]
   ]
  },
  {
   "path": "callbacks_template",
   "type": "textDAT",
   "position": [
    800,
    300
   ],
   "color": [
    0.58,
    0.63,
    0.69
   ],
   "comment": "What Create on the Callbacks page copies.",
   "language": "python"
  },
  {
   "path": "local/modules",
   "type": "baseCOMP",
   "position": [
    0,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "Found by import from anywhere in this component."
  },
  {
   "path": "local/requirements",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The packages that are installed, each with its version and the hashes of its files.",
   "language": "text"
  },
  {
   "path": "local/requirements_uv",
   "type": "textDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The installer of the packages, with its version and the hashes of its files.",
   "language": "text"
  },
  {
   "path": "local/help",
   "type": "textDAT",
   "position": [
    200,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "The page that Help on the About page opens.",
   "language": "text"
  },
  {
   "path": "local/credits",
   "type": "textDAT",
   "position": [
    400,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "What the component stands on, with versions and licences.",
   "language": "text"
  },
  {
   "path": "local/tdg_component",
   "type": "textDAT",
   "position": [
    0,
    -200
   ],
   "color": [
    0.67,
    0.67,
    0.67
   ],
   "comment": "What the assembler keeps this component to. Written by the build.",
   "language": "text"
  },
  {
   "path": "local/modules/tdg_core_bootstrap_messages",
   "type": "textDAT",
   "position": [
    0,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_connection",
   "type": "textDAT",
   "position": [
    200,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_crc32c",
   "type": "textDAT",
   "position": [
    400,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_errors",
   "type": "textDAT",
   "position": [
    600,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_installer",
   "type": "textDAT",
   "position": [
    800,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_jobs",
   "type": "textDAT",
   "position": [
    1000,
    0
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_log",
   "type": "textDAT",
   "position": [
    0,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_messages",
   "type": "textDAT",
   "position": [
    200,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_objects",
   "type": "textDAT",
   "position": [
    400,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_packages",
   "type": "textDAT",
   "position": [
    600,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_parts",
   "type": "textDAT",
   "position": [
    800,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_retry",
   "type": "textDAT",
   "position": [
    1000,
    -150
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_settings",
   "type": "textDAT",
   "position": [
    0,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_storage_messages",
   "type": "textDAT",
   "position": [
    200,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_storage_paths",
   "type": "textDAT",
   "position": [
    400,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_storage_requests",
   "type": "textDAT",
   "position": [
    600,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_core_storage_settings",
   "type": "textDAT",
   "position": [
    800,
    -300
   ],
   "color": [
    0.55,
    0.62,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_files",
   "type": "textDAT",
   "position": [
    0,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_home",
   "type": "textDAT",
   "position": [
    200,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_key",
   "type": "textDAT",
   "position": [
    400,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_lock",
   "type": "textDAT",
   "position": [
    600,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_sqlite",
   "type": "textDAT",
   "position": [
    800,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_disk_venv",
   "type": "textDAT",
   "position": [
    1000,
    -450
   ],
   "color": [
    0.62,
    0.66,
    0.52
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge",
   "type": "textDAT",
   "position": [
    0,
    -600
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_journal",
   "type": "textDAT",
   "position": [
    200,
    -600
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_outbox",
   "type": "textDAT",
   "position": [
    400,
    -600
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_slot",
   "type": "textDAT",
   "position": [
    600,
    -600
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_bridge_thread",
   "type": "textDAT",
   "position": [
    800,
    -600
   ],
   "color": [
    0.7,
    0.62,
    0.5
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_bootstrap",
   "type": "textDAT",
   "position": [
    0,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_download",
   "type": "textDAT",
   "position": [
    200,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_engine",
   "type": "textDAT",
   "position": [
    400,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_imports",
   "type": "textDAT",
   "position": [
    600,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_loop",
   "type": "textDAT",
   "position": [
    800,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_process",
   "type": "textDAT",
   "position": [
    1000,
    -750
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_queries",
   "type": "textDAT",
   "position": [
    0,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_spool",
   "type": "textDAT",
   "position": [
    200,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_storage",
   "type": "textDAT",
   "position": [
    400,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_storage_store",
   "type": "textDAT",
   "position": [
    600,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_store",
   "type": "textDAT",
   "position": [
    800,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_token",
   "type": "textDAT",
   "position": [
    1000,
    -900
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_transfer",
   "type": "textDAT",
   "position": [
    0,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_upload",
   "type": "textDAT",
   "position": [
    200,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_work_uv",
   "type": "textDAT",
   "position": [
    400,
    -1050
   ],
   "color": [
    0.55,
    0.68,
    0.56
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_app",
   "type": "textDAT",
   "position": [
    0,
    -1200
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_errors",
   "type": "textDAT",
   "position": [
    200,
    -1200
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_http",
   "type": "textDAT",
   "position": [
    400,
    -1200
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_signing",
   "type": "textDAT",
   "position": [
    600,
    -1200
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_gateway_storage",
   "type": "textDAT",
   "position": [
    800,
    -1200
   ],
   "color": [
    0.7,
    0.54,
    0.54
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler",
   "type": "textDAT",
   "position": [
    0,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_extensions",
   "type": "textDAT",
   "position": [
    200,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_network",
   "type": "textDAT",
   "position": [
    400,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_assembler_parameters",
   "type": "textDAT",
   "position": [
    600,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_callbacks",
   "type": "textDAT",
   "position": [
    800,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_component",
   "type": "textDAT",
   "position": [
    1000,
    -1350
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_connection",
   "type": "textDAT",
   "position": [
    0,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_engine",
   "type": "textDAT",
   "position": [
    200,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_log",
   "type": "textDAT",
   "position": [
    400,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_params",
   "type": "textDAT",
   "position": [
    600,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_status",
   "type": "textDAT",
   "position": [
    800,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_tables",
   "type": "textDAT",
   "position": [
    1000,
    -1500
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_tasks",
   "type": "textDAT",
   "position": [
    0,
    -1650
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  },
  {
   "path": "local/modules/tdg_td_transfers",
   "type": "textDAT",
   "position": [
    200,
    -1650
   ],
   "color": [
    0.64,
    0.58,
    0.7
   ],
   "language": "python"
  }
 ],
 "groups": [
  {
   "name": "note_extensions",
   "title": "Extensions",
   "body": "The classes behind the component's methods. What they import lies in local/modules.",
   "color": [
    0.23,
    0.33,
    0.44
   ],
   "box": [
    -40,
    260,
    1010,
    290
   ]
  },
  {
   "name": "note_data",
   "title": "Data",
   "body": "What the component knows: watch these tables, wire them on, but leave writing them to the component.",
   "color": [
    0.24,
    0.36,
    0.28
   ],
   "box": [
    -40,
    -40,
    1010,
    250
   ]
  },
  {
   "name": "note_exec",
   "title": "Exec",
   "body": "Hands parameter changes, pulses and the project's life cycle over to the extension.",
   "color": [
    0.42,
    0.32,
    0.22
   ],
   "box": [
    -40,
    -340,
    1010,
    250
   ]
  }
 ],
 "extensions": [
  {
   "name": "StorageExt",
   "object": "op('./ext_storage').module.StorageExt(me)",
   "promote": true
  },
  {
   "name": "BootstrapExt",
   "object": "op('./ext_bootstrap').module.BootstrapExt(me)",
   "promote": false
  },
  {
   "name": "ConnectionExt",
   "object": "op('./ext_connection').module.ConnectionExt(me)",
   "promote": false
  }
 ]
}
''',
}

TEXTS = {
    "firestore": {
        "local/requirements": "src/common/requirements.lock",
        "local/requirements_uv": "src/common/requirements-uv.lock",
        "local/help": "generated/firestore/local/help",
        "local/credits": "generated/firestore/local/credits",
        "ext_bootstrap": "src/common/ext_bootstrap.py",
        "ext_connection": "src/common/ext_connection.py",
        "log_callbacks": "src/common/log_callbacks.py",
        "par_exec": "src/common/par_exec.py",
        "life_exec": "src/common/life_exec.py",
        "ext_firestore": "src/firestore/ext_firestore.py",
        "ext_write_queue": "src/firestore/ext_write_queue.py",
        "callbacks_template": "src/firestore/firestore_callbacks.py",
        "cellwatch_template": "src/firestore/firestore_cellwatch.py",
        "local/modules/tdg_bridge": "src/common/tdg_bridge.py",
        "local/modules/tdg_bridge_journal": "src/common/tdg_bridge_journal.py",
        "local/modules/tdg_bridge_outbox": "src/common/tdg_bridge_outbox.py",
        "local/modules/tdg_bridge_slot": "src/common/tdg_bridge_slot.py",
        "local/modules/tdg_bridge_thread": "src/common/tdg_bridge_thread.py",
        "local/modules/tdg_core_bootstrap_messages": "src/common/tdg_core_bootstrap_messages.py",
        "local/modules/tdg_core_connection": "src/common/tdg_core_connection.py",
        "local/modules/tdg_core_errors": "src/common/tdg_core_errors.py",
        "local/modules/tdg_core_firestore_codec": "src/firestore/tdg_core_firestore_codec.py",
        "local/modules/tdg_core_firestore_codec_path": "src/firestore/tdg_core_firestore_codec_path.py",
        "local/modules/tdg_core_firestore_codec_sdk": "src/firestore/tdg_core_firestore_codec_sdk.py",
        "local/modules/tdg_core_firestore_codec_time": "src/firestore/tdg_core_firestore_codec_time.py",
        "local/modules/tdg_core_firestore_codec_write": "src/firestore/tdg_core_firestore_codec_write.py",
        "local/modules/tdg_core_firestore_estimate": "src/firestore/tdg_core_firestore_estimate.py",
        "local/modules/tdg_core_firestore_filters": "src/firestore/tdg_core_firestore_filters.py",
        "local/modules/tdg_core_firestore_inbound": "src/firestore/tdg_core_firestore_inbound.py",
        "local/modules/tdg_core_firestore_messages": "src/firestore/tdg_core_firestore_messages.py",
        "local/modules/tdg_core_firestore_names": "src/firestore/tdg_core_firestore_names.py",
        "local/modules/tdg_core_firestore_rows": "src/firestore/tdg_core_firestore_rows.py",
        "local/modules/tdg_core_firestore_settings": "src/firestore/tdg_core_firestore_settings.py",
        "local/modules/tdg_core_firestore_watch": "src/firestore/tdg_core_firestore_watch.py",
        "local/modules/tdg_core_firestore_watch_events": "src/firestore/tdg_core_firestore_watch_events.py",
        "local/modules/tdg_core_firestore_watch_spec": "src/firestore/tdg_core_firestore_watch_spec.py",
        "local/modules/tdg_core_firestore_watch_timing": "src/firestore/tdg_core_firestore_watch_timing.py",
        "local/modules/tdg_core_firestore_writes": "src/firestore/tdg_core_firestore_writes.py",
        "local/modules/tdg_core_installer": "src/common/tdg_core_installer.py",
        "local/modules/tdg_core_log": "src/common/tdg_core_log.py",
        "local/modules/tdg_core_messages": "src/common/tdg_core_messages.py",
        "local/modules/tdg_core_packages": "src/common/tdg_core_packages.py",
        "local/modules/tdg_core_retry": "src/common/tdg_core_retry.py",
        "local/modules/tdg_core_settings": "src/common/tdg_core_settings.py",
        "local/modules/tdg_disk_firestore_documents": "src/firestore/tdg_disk_firestore_documents.py",
        "local/modules/tdg_disk_home": "src/common/tdg_disk_home.py",
        "local/modules/tdg_disk_key": "src/common/tdg_disk_key.py",
        "local/modules/tdg_disk_lock": "src/common/tdg_disk_lock.py",
        "local/modules/tdg_disk_sqlite": "src/common/tdg_disk_sqlite.py",
        "local/modules/tdg_disk_venv": "src/common/tdg_disk_venv.py",
        "local/modules/tdg_gateway_app": "src/common/tdg_gateway_app.py",
        "local/modules/tdg_gateway_errors": "src/common/tdg_gateway_errors.py",
        "local/modules/tdg_gateway_firestore": "src/firestore/tdg_gateway_firestore.py",
        "local/modules/tdg_gateway_firestore_api": "src/firestore/tdg_gateway_firestore_api.py",
        "local/modules/tdg_gateway_firestore_errors": "src/firestore/tdg_gateway_firestore_errors.py",
        "local/modules/tdg_gateway_firestore_listen": "src/firestore/tdg_gateway_firestore_listen.py",
        "local/modules/tdg_gateway_firestore_values": "src/firestore/tdg_gateway_firestore_values.py",
        "local/modules/tdg_gateway_firestore_write": "src/firestore/tdg_gateway_firestore_write.py",
        "local/modules/tdg_td_assembler": "src/common/tdg_td_assembler.py",
        "local/modules/tdg_td_assembler_extensions": "src/common/tdg_td_assembler_extensions.py",
        "local/modules/tdg_td_assembler_network": "src/common/tdg_td_assembler_network.py",
        "local/modules/tdg_td_assembler_parameters": "src/common/tdg_td_assembler_parameters.py",
        "local/modules/tdg_td_callbacks": "src/common/tdg_td_callbacks.py",
        "local/modules/tdg_td_component": "src/common/tdg_td_component.py",
        "local/modules/tdg_td_connection": "src/common/tdg_td_connection.py",
        "local/modules/tdg_td_engine": "src/common/tdg_td_engine.py",
        "local/modules/tdg_td_firestore_outbound": "src/firestore/tdg_td_firestore_outbound.py",
        "local/modules/tdg_td_firestore_queue": "src/firestore/tdg_td_firestore_queue.py",
        "local/modules/tdg_td_firestore_sync": "src/firestore/tdg_td_firestore_sync.py",
        "local/modules/tdg_td_firestore_table": "src/firestore/tdg_td_firestore_table.py",
        "local/modules/tdg_td_firestore_view": "src/firestore/tdg_td_firestore_view.py",
        "local/modules/tdg_td_firestore_views": "src/firestore/tdg_td_firestore_views.py",
        "local/modules/tdg_td_log": "src/common/tdg_td_log.py",
        "local/modules/tdg_td_params": "src/common/tdg_td_params.py",
        "local/modules/tdg_td_status": "src/common/tdg_td_status.py",
        "local/modules/tdg_td_tables": "src/common/tdg_td_tables.py",
        "local/modules/tdg_td_tasks": "src/common/tdg_td_tasks.py",
        "local/modules/tdg_work_bootstrap": "src/common/tdg_work_bootstrap.py",
        "local/modules/tdg_work_engine": "src/common/tdg_work_engine.py",
        "local/modules/tdg_work_firestore": "src/firestore/tdg_work_firestore.py",
        "local/modules/tdg_work_firestore_cache": "src/firestore/tdg_work_firestore_cache.py",
        "local/modules/tdg_work_firestore_queue": "src/firestore/tdg_work_firestore_queue.py",
        "local/modules/tdg_work_firestore_store": "src/firestore/tdg_work_firestore_store.py",
        "local/modules/tdg_work_imports": "src/common/tdg_work_imports.py",
        "local/modules/tdg_work_listen": "src/firestore/tdg_work_listen.py",
        "local/modules/tdg_work_listen_load": "src/firestore/tdg_work_listen_load.py",
        "local/modules/tdg_work_listen_mend": "src/firestore/tdg_work_listen_mend.py",
        "local/modules/tdg_work_listen_stream": "src/firestore/tdg_work_listen_stream.py",
        "local/modules/tdg_work_loop": "src/common/tdg_work_loop.py",
        "local/modules/tdg_work_outbox": "src/firestore/tdg_work_outbox.py",
        "local/modules/tdg_work_process": "src/common/tdg_work_process.py",
        "local/modules/tdg_work_store": "src/common/tdg_work_store.py",
        "local/modules/tdg_work_uv": "src/common/tdg_work_uv.py",
    },
    "storage": {
        "local/requirements": "src/common/requirements.lock",
        "local/requirements_uv": "src/common/requirements-uv.lock",
        "local/help": "generated/storage/local/help",
        "local/credits": "generated/storage/local/credits",
        "ext_bootstrap": "src/common/ext_bootstrap.py",
        "ext_connection": "src/common/ext_connection.py",
        "log_callbacks": "src/common/log_callbacks.py",
        "par_exec": "src/common/par_exec.py",
        "life_exec": "src/common/life_exec.py",
        "ext_storage": "src/storage/ext_storage.py",
        "callbacks_template": "src/storage/storage_callbacks.py",
        "local/modules/tdg_bridge": "src/common/tdg_bridge.py",
        "local/modules/tdg_bridge_journal": "src/common/tdg_bridge_journal.py",
        "local/modules/tdg_bridge_outbox": "src/common/tdg_bridge_outbox.py",
        "local/modules/tdg_bridge_slot": "src/common/tdg_bridge_slot.py",
        "local/modules/tdg_bridge_thread": "src/common/tdg_bridge_thread.py",
        "local/modules/tdg_core_bootstrap_messages": "src/common/tdg_core_bootstrap_messages.py",
        "local/modules/tdg_core_connection": "src/common/tdg_core_connection.py",
        "local/modules/tdg_core_crc32c": "src/storage/tdg_core_crc32c.py",
        "local/modules/tdg_core_errors": "src/common/tdg_core_errors.py",
        "local/modules/tdg_core_installer": "src/common/tdg_core_installer.py",
        "local/modules/tdg_core_jobs": "src/storage/tdg_core_jobs.py",
        "local/modules/tdg_core_log": "src/common/tdg_core_log.py",
        "local/modules/tdg_core_messages": "src/common/tdg_core_messages.py",
        "local/modules/tdg_core_objects": "src/storage/tdg_core_objects.py",
        "local/modules/tdg_core_packages": "src/common/tdg_core_packages.py",
        "local/modules/tdg_core_parts": "src/storage/tdg_core_parts.py",
        "local/modules/tdg_core_retry": "src/common/tdg_core_retry.py",
        "local/modules/tdg_core_settings": "src/common/tdg_core_settings.py",
        "local/modules/tdg_core_storage_messages": "src/storage/tdg_core_storage_messages.py",
        "local/modules/tdg_core_storage_paths": "src/storage/tdg_core_storage_paths.py",
        "local/modules/tdg_core_storage_requests": "src/storage/tdg_core_storage_requests.py",
        "local/modules/tdg_core_storage_settings": "src/storage/tdg_core_storage_settings.py",
        "local/modules/tdg_disk_files": "src/common/tdg_disk_files.py",
        "local/modules/tdg_disk_home": "src/common/tdg_disk_home.py",
        "local/modules/tdg_disk_key": "src/common/tdg_disk_key.py",
        "local/modules/tdg_disk_lock": "src/common/tdg_disk_lock.py",
        "local/modules/tdg_disk_sqlite": "src/common/tdg_disk_sqlite.py",
        "local/modules/tdg_disk_venv": "src/common/tdg_disk_venv.py",
        "local/modules/tdg_gateway_app": "src/common/tdg_gateway_app.py",
        "local/modules/tdg_gateway_errors": "src/common/tdg_gateway_errors.py",
        "local/modules/tdg_gateway_http": "src/storage/tdg_gateway_http.py",
        "local/modules/tdg_gateway_signing": "src/storage/tdg_gateway_signing.py",
        "local/modules/tdg_gateway_storage": "src/storage/tdg_gateway_storage.py",
        "local/modules/tdg_td_assembler": "src/common/tdg_td_assembler.py",
        "local/modules/tdg_td_assembler_extensions": "src/common/tdg_td_assembler_extensions.py",
        "local/modules/tdg_td_assembler_network": "src/common/tdg_td_assembler_network.py",
        "local/modules/tdg_td_assembler_parameters": "src/common/tdg_td_assembler_parameters.py",
        "local/modules/tdg_td_callbacks": "src/common/tdg_td_callbacks.py",
        "local/modules/tdg_td_component": "src/common/tdg_td_component.py",
        "local/modules/tdg_td_connection": "src/common/tdg_td_connection.py",
        "local/modules/tdg_td_engine": "src/common/tdg_td_engine.py",
        "local/modules/tdg_td_log": "src/common/tdg_td_log.py",
        "local/modules/tdg_td_params": "src/common/tdg_td_params.py",
        "local/modules/tdg_td_status": "src/common/tdg_td_status.py",
        "local/modules/tdg_td_tables": "src/common/tdg_td_tables.py",
        "local/modules/tdg_td_tasks": "src/common/tdg_td_tasks.py",
        "local/modules/tdg_td_transfers": "src/storage/tdg_td_transfers.py",
        "local/modules/tdg_work_bootstrap": "src/common/tdg_work_bootstrap.py",
        "local/modules/tdg_work_download": "src/storage/tdg_work_download.py",
        "local/modules/tdg_work_engine": "src/common/tdg_work_engine.py",
        "local/modules/tdg_work_imports": "src/common/tdg_work_imports.py",
        "local/modules/tdg_work_loop": "src/common/tdg_work_loop.py",
        "local/modules/tdg_work_process": "src/common/tdg_work_process.py",
        "local/modules/tdg_work_queries": "src/storage/tdg_work_queries.py",
        "local/modules/tdg_work_spool": "src/storage/tdg_work_spool.py",
        "local/modules/tdg_work_storage": "src/storage/tdg_work_storage.py",
        "local/modules/tdg_work_storage_store": "src/storage/tdg_work_storage_store.py",
        "local/modules/tdg_work_store": "src/common/tdg_work_store.py",
        "local/modules/tdg_work_token": "src/storage/tdg_work_token.py",
        "local/modules/tdg_work_transfer": "src/storage/tdg_work_transfer.py",
        "local/modules/tdg_work_upload": "src/storage/tdg_work_upload.py",
        "local/modules/tdg_work_uv": "src/common/tdg_work_uv.py",
    },
}

SOURCES = {
    "generated/firestore/local/credits": '''\
td-gcp stands on

anyio                                  4.16.0            MIT
cachecontrol                           0.14.4            Apache-2.0
certifi                                2026.10.18        MPL-2.0
cffi                                   2.1.1             MIT-0
charset-normalizer                     3.5.2             MIT
cryptography                           48.0.1 or 50.0.2  Apache-2.0 OR BSD-3-Clause
firebase-admin                         7.7.0             Apache-2.0
google-api-core                        2.44.0            Apache-2.0
google-auth                            2.62.2            Apache-2.0
google-cloud-core                      2.8.0             Apache-2.0
google-cloud-firestore                 2.34.1            Apache-2.0
google-cloud-storage                   3.17.1            Apache-2.0
google-crc32c                          1.9.0             Apache-2.0
google-resumable-media                 2.11.0            Apache-2.0
googleapis-common-protos               1.76.0            Apache-2.0
grpcio                                 1.85.1            Apache-2.0
grpcio-status                          1.85.1            Apache-2.0
h11                                    0.16.0            MIT
h2                                     4.4.1             MIT
hpack                                  4.2.0             MIT
httpcore                               1.0.9             BSD-3-Clause
httpx                                  0.28.1            BSD-3-Clause
hyperframe                             6.1.0             MIT
idna                                   3.20              BSD-3-Clause
msgpack                                1.2.4             Apache-2.0
opentelemetry-api                      1.45.2            Apache-2.0
proto-plus                             1.29.0            Apache-2.0
protobuf                               7.36.2            BSD-3-Clause
pyasn1                                 0.6.5             BSD-2-Clause
pyasn1-modules                         0.4.2             BSD-2-Clause
pycparser                              3.12              BSD-3-Clause
pyjwt                                  2.15.1            MIT
requests                               2.34.2            Apache-2.0
typing-extensions                      4.16.0            PSF-2.0
urllib3                                2.8.0             MIT
TouchDesigner, with Python and SQLite                    the user's own
uv                                                       Apache-2.0 OR MIT

and is itself under this licence:

MIT License

Copyright (c) 2026 The td-gcp authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
''',
    "generated/firestore/local/help": '''\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>firestore 0.1.0</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #222; --soft: #f2f3f5; --line: #d5d8dc; --link: #1d5fa8; }
@media (prefers-color-scheme: dark) {
  :root { --back: #1f2022; --text: #e6e6e6; --soft: #2b2d30; --line: #45484d; --link: #8ab8ee; }
}
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 0.3rem; }
code, pre { background: var(--soft); border-radius: 4px; font: 0.9em/1.5 ui-monospace, monospace; }
code { padding: 0.1em 0.3em; } pre { padding: 0.6rem; overflow-x: auto; } pre code { padding: 0; }
div.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem 0.3rem 0; text-align: left; vertical-align: top; }
nav { columns: 9rem; padding: 0; } nav a { display: block; }
</style>
</head>
<body>
<h1 id="top">firestore 0.1.0</h1>
<nav>
<a href="#first-steps">First steps</a>
<a href="#page-creds">Page Creds</a>
<a href="#page-sync">Page Sync</a>
<a href="#page-conn">Page Conn</a>
<a href="#page-cache">Page Cache</a>
<a href="#page-callbacks">Page Callbacks</a>
<a href="#page-controls">Page Controls</a>
<a href="#page-about">Page About</a>
<a href="#methods">Methods</a>
<a href="#methods-of-both-components">Methods of both components</a>
<a href="#callbacks">Callbacks</a>
<a href="#tables">Tables</a>
<a href="#connectionext">ConnectionExt</a>
<a href="#writequeueext">WriteQueueExt</a>
<a href="#credits">Credits</a>
</nav>
<p>Documents of Cloud Firestore as live tables, both ways, also without a network. Build 1 of 2026-11-20.</p>
<h2 id="first-steps">First steps</h2>
<p>On the Creds page set <em>Private Key File</em> to the JSON key of a service account, or <em>Emulator Host</em> to the address of an emulator. Pulse <em>Connect</em> on the Controls page and watch <code>op.firestore.op(&#x27;status&#x27;)</code>. If the state becomes error, <code>last_error</code> says what is wrong and what to do.</p>
<p>Pulse <em>Create</em> on the Callbacks page for a DAT with a stub of every callback. <code>op.firestore.GetLogs()</code> gives the newest log entries.</p>
<p>Scripts reach a parameter by its name: <code>op.firestore.par.Privatekey</code>. In TouchDesigner, hold Alt over a label to see its help.</p>
<h2 id="page-creds">Page Creds</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Private Key File</td><td><code>Privatekey</code></td><td>File</td><td>empty</td><td></td></tr>
<tr><td>Database ID</td><td><code>Databaseid</code></td><td>Str</td><td><code>(default)</code></td><td></td></tr>
<tr><td>Emulator Host</td><td><code>Emulatorhost</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Use ADC</td><td><code>Useadc</code></td><td>Toggle</td><td>off</td><td></td></tr>
</table></div>
<h3 id="privatekey">Private Key File</h3>
<p><code>Privatekey</code> &#183; file &#183; default empty &#183; can be used while <em>Emulator Host</em> is empty</p>
<p>Service account key (JSON) of your Firebase or Google Cloud project: in the Firebase console under Project settings, Service accounts, Generate new private key. Only its path is kept here, never its content. A relative path is below the project folder. Changing it reconnects and keeps tables and queues.</p>
<h3 id="databaseid">Database ID</h3>
<p><code>Databaseid</code> &#183; text &#183; default <code>(default)</code></p>
<p>Which database of the project to use. Nearly every project has just the one called (default); enter the name of another one you have created.</p>
<h3 id="emulatorhost">Emulator Host</h3>
<p><code>Emulatorhost</code> &#183; text &#183; default empty</p>
<p>Address of a local emulator as host:port, for example 127.0.0.1:8080. With an address here no key is needed and nothing reaches the real project. Leave empty to use the cloud.</p>
<h3 id="useadc">Use ADC</h3>
<p><code>Useadc</code> &#183; on or off &#183; default off &#183; can be used while <em>Private Key File</em> is empty and <em>Emulator Host</em> is empty</p>
<p>With no key file, use Application Default Credentials: what gcloud auth application-default login leaves on this machine, or the machine's own account in Google Cloud. Handy where no key may be copied around.</p>
<h2 id="page-sync">Page Sync</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Enable Listener</td><td><code>Enablelistener</code></td><td>Toggle</td><td>on</td><td></td></tr>
<tr><td>Enable Write-Back</td><td><code>Enablewriteback</code></td><td>Toggle</td><td>on</td><td></td></tr>
<tr><td>Collections (space-sep)</td><td><code>Collections</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Filter Docs (space-sep)</td><td><code>Filterdocs</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Doc Filter Mode</td><td><code>Filterdocsmode</code></td><td>Menu</td><td><code>include</code></td><td><code>include</code>, <code>exclude</code></td></tr>
<tr><td>Filter Fields (space-sep)</td><td><code>Filterfields</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Field Filter Mode</td><td><code>Filterfieldsmode</code></td><td>Menu</td><td><code>exclude</code></td><td><code>exclude</code>, <code>include</code></td></tr>
<tr><td>Expand Fields (space-sep)</td><td><code>Expandfields</code></td><td>Str</td><td>empty</td><td></td></tr>
</table></div>
<h3 id="enablelistener">Enable Listener</h3>
<p><code>Enablelistener</code> &#183; on or off &#183; default on</p>
<p>Keep the tables in collections up to date with the server. Off: nothing comes in, writing still works.</p>
<h3 id="enablewriteback">Enable Write-Back</h3>
<p><code>Enablewriteback</code> &#183; on or off &#183; default on</p>
<p>Editing a payload cell writes the document to Firestore, half a second after the last edit. Off: edits stay local.</p>
<h3 id="collections">Collections (space-sep)</h3>
<p><code>Collections</code> &#183; text &#183; default empty</p>
<p>Which collections to watch, separated by spaces; subcollections as users/u1/items. Empty or * finds all top-level collections by itself and looks again every 30 s. Name them for a faster start and fewer reads.</p>
<h3 id="filterdocs">Filter Docs (space-sep)</h3>
<p><code>Filterdocs</code> &#183; text &#183; default empty</p>
<p>Document ids, separated by spaces, that Doc Filter Mode lets in or keeps out. Empty: all documents.</p>
<h3 id="filterdocsmode">Doc Filter Mode</h3>
<p><code>Filterdocsmode</code> &#183; menu &#183; default <code>include</code> &#183; can be used while <em>Filter Docs (space-sep)</em> is set</p>
<p>Include: only the documents named in Filter Docs appear. Exclude: all but those.</p>
<ul><li><code>include</code>: Include</li><li><code>exclude</code>: Exclude</li></ul>
<h3 id="filterfields">Filter Fields (space-sep)</h3>
<p><code>Filterfields</code> &#183; text &#183; default empty</p>
<p>Field names, separated by spaces, that Field Filter Mode keeps out or lets in. Empty: all fields. An edited payload then changes only the fields it shows, the hidden ones stay on the server.</p>
<h3 id="filterfieldsmode">Field Filter Mode</h3>
<p><code>Filterfieldsmode</code> &#183; menu &#183; default <code>exclude</code> &#183; can be used while <em>Filter Fields (space-sep)</em> is set</p>
<p>Exclude: the payload shows all fields but those named in Filter Fields. Include: only those.</p>
<ul><li><code>exclude</code>: Exclude</li><li><code>include</code>: Include</li></ul>
<h3 id="expandfields">Expand Fields (space-sep)</h3>
<p><code>Expandfields</code> &#183; text &#183; default empty</p>
<p>Field names, separated by spaces, that also appear as columns of their own in each collection table, read-only: so that a DAT to CHOP can use a value directly. Empty: no extra columns.</p>
<h2 id="page-conn">Page Conn</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Auto Connect</td><td><code>Autoconnect</code></td><td>Toggle</td><td>on</td><td></td></tr>
<tr><td>Circuit Failure Threshold</td><td><code>Circuitfailurethreshold</code></td><td>Int</td><td><code>5</code></td><td>1 or more</td></tr>
<tr><td>Circuit Timeout (s)</td><td><code>Circuittimeout</code></td><td>Float</td><td><code>60.0</code></td><td>0 or more</td></tr>
<tr><td>Backoff Base</td><td><code>Backoffbase</code></td><td>Float</td><td><code>2.0</code></td><td>1 or more</td></tr>
<tr><td>Backoff Max (s)</td><td><code>Backoffmax</code></td><td>Float</td><td><code>300.0</code></td><td>0 or more</td></tr>
<tr><td>Frame Budget (ms)</td><td><code>Framebudget</code></td><td>Float</td><td><code>2.0</code></td><td>0.1 or more</td></tr>
<tr><td>Engine</td><td><code>Engine</code></td><td>Menu</td><td><code>thread</code></td><td><code>thread</code>, <code>process</code></td></tr>
</table></div>
<h3 id="autoconnect">Auto Connect</h3>
<p><code>Autoconnect</code> &#183; on or off &#183; default on</p>
<p>Connect by itself when the project starts, and keep trying after every break for as long as this is on. Turn it off to decide with Connect and Disconnect.</p>
<h3 id="circuitfailurethreshold">Circuit Failure Threshold</h3>
<p><code>Circuitfailurethreshold</code> &#183; whole number &#183; default <code>5</code> &#183; 1 or more</p>
<p>After this many failures in a row the circuit opens: nothing is tried until Circuit Timeout has passed, so that a dead network is not hammered. Raise it on a network that often hiccups.</p>
<h3 id="circuittimeout">Circuit Timeout (s)</h3>
<p><code>Circuittimeout</code> &#183; number &#183; default <code>60.0</code> &#183; 0 or more</p>
<p>Seconds the circuit stays open before one probe is let through. If the probe succeeds everything goes on, if not the wait begins again. Lower it where a break of the network should be over quickly.</p>
<h3 id="backoffbase">Backoff Base</h3>
<p><code>Backoffbase</code> &#183; number &#183; default <code>2.0</code> &#183; 1 or more</p>
<p>How fast the wait before a reconnect grows: base to the power of the failures so far, in seconds, never more than Backoff Max. 2 gives 2, 4, 8, 16 seconds. 1 tries again every second.</p>
<h3 id="backoffmax">Backoff Max (s)</h3>
<p><code>Backoffmax</code> &#183; number &#183; default <code>300.0</code> &#183; 0 or more</p>
<p>Longest wait in seconds before another attempt to reconnect. Lower it where the show should be online again soon after the network returns.</p>
<h3 id="framebudget">Frame Budget (ms)</h3>
<p><code>Framebudget</code> &#183; number &#183; default <code>2.0</code> &#183; 0.1 or more</p>
<p>Milliseconds of a frame that this component may spend on taking in results; what is left waits for the next frame. At 60 fps a frame lasts 16.7 ms. Lower it if frames are tight, raise it if large collections should appear sooner.</p>
<h3 id="engine">Engine</h3>
<p><code>Engine</code> &#183; menu &#183; default <code>thread</code></p>
<p>Where the network work is done. Threads need nothing else. A process of its own cannot slow a frame down, and a crash of it costs a restart of the process instead of the show. Can be changed at any time, nothing is lost.</p>
<ul><li><code>thread</code>: Threads of TouchDesigner</li><li><code>process</code>: Process Beside It</li></ul>
<h2 id="page-cache">Page Cache</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Enable Cache</td><td><code>Enablecache</code></td><td>Toggle</td><td>on</td><td></td></tr>
<tr><td>Cache Folder</td><td><code>Cachepath</code></td><td>Folder</td><td><code>cache</code></td><td></td></tr>
<tr><td>Hydrate on Start</td><td><code>Cachehydrate</code></td><td>Toggle</td><td>on</td><td></td></tr>
</table></div>
<h3 id="enablecache">Enable Cache</h3>
<p><code>Enablecache</code> &#183; on or off &#183; default on</p>
<p>Keep every write in a SQLite file until the server has confirmed it, and a copy of the documents for a start without a network. Off: what is not confirmed is lost when the project closes.</p>
<h3 id="cachepath">Cache Folder</h3>
<p><code>Cachepath</code> &#183; folder &#183; default <code>cache</code> &#183; can be used while <em>Enable Cache</em> is on</p>
<p>Folder of the SQLite file gcp.db. A relative one is below the project folder. Choose a local disk, not a network share.</p>
<h3 id="cachehydrate">Hydrate on Start</h3>
<p><code>Cachehydrate</code> &#183; on or off &#183; default on &#183; can be used while <em>Enable Cache</em> is on</p>
<p>Fill the tables from the cache as soon as the component starts, before the server answers, even with no network at all.</p>
<h2 id="page-callbacks">Page Callbacks</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Create</td><td><code>Createcallbacksdat</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Callbacks DAT</td><td><code>Callbacksdat</code></td><td>DAT</td><td>empty</td><td></td></tr>
<tr><td>External Log DAT</td><td><code>Logop</code></td><td>DAT</td><td>empty</td><td></td></tr>
</table></div>
<h3 id="createcallbacksdat">Create</h3>
<p><code>Createcallbacksdat</code> &#183; button</p>
<p>Make a text DAT beside the component with a stub of every callback, and set Callbacks DAT to it. An existing one is left alone.</p>
<h3 id="callbacksdat">Callbacks DAT</h3>
<p><code>Callbacksdat</code> &#183; DAT &#183; default empty</p>
<p>Text DAT whose functions are called when something happens. They run on the main thread, so keep them short. A function that is missing is simply not called; an error in one is logged as a warning.</p>
<h3 id="logop">External Log DAT</h3>
<p><code>Logop</code> &#183; DAT &#183; default empty</p>
<p>A FIFO, table or text DAT of your own that every log entry is written to as well, for example to collect the logs of several components in one place. Leave empty for none.</p>
<h2 id="page-controls">Page Controls</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Connect</td><td><code>Connect</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Disconnect</td><td><code>Disconnect</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Reset</td><td><code>Reset</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Flush Dirty</td><td><code>Flushdirty</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Flush Write Queue</td><td><code>Flushqueue</code></td><td>Pulse</td><td></td><td></td></tr>
</table></div>
<h3 id="connect">Connect</h3>
<p><code>Connect</code> &#183; button</p>
<p>Connect now. Returns at once; the state column of status goes from connecting to connected or error.</p>
<h3 id="disconnect">Disconnect</h3>
<p><code>Disconnect</code> &#183; button</p>
<p>Close the connection. Tables and queues stay as they are.</p>
<h3 id="reset">Reset</h3>
<p><code>Reset</code> &#183; button</p>
<p>After a question: disconnect, empty queues and tables, close the circuit. Connect works again afterwards.</p>
<h3 id="flushdirty">Flush Dirty</h3>
<p><code>Flushdirty</code> &#183; button</p>
<p>Send every row whose _dirty is 1, for example after a mistyped payload was put right.</p>
<h3 id="flushqueue">Flush Write Queue</h3>
<p><code>Flushqueue</code> &#183; button</p>
<p>Try all queued writes again now instead of waiting for the next reconnect.</p>
<h2 id="page-about">Page About</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Build Number</td><td><code>Build</code></td><td>Int</td><td><code>1</code></td><td></td></tr>
<tr><td>Build Date</td><td><code>Date</code></td><td>Str</td><td><code>2026-11-20</code></td><td></td></tr>
<tr><td>Touch Build</td><td><code>Touchbuild</code></td><td>Str</td><td><code>2025.32050</code></td><td></td></tr>
<tr><td>Version</td><td><code>Version</code></td><td>Str</td><td><code>0.1.0</code></td><td></td></tr>
<tr><td>Help</td><td><code>Help</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Credits</td><td><code>Credits</code></td><td>Str</td><td><code>td-gcp, MIT. Built on firebase-admin, google-cloud-storage, google-cloud-firestore and gRPC (Apache 2.0), SQLite (public domain), uv (MIT).</code></td><td></td></tr>
</table></div>
<h3 id="build">Build Number</h3>
<p><code>Build</code> &#183; whole number &#183; read-only</p>
<p>Number of this release, counted up with every one. Name it when you report a problem.</p>
<h3 id="date">Build Date</h3>
<p><code>Date</code> &#183; text &#183; read-only</p>
<p>Day this release was built, as year-month-day.</p>
<h3 id="touchbuild">Touch Build</h3>
<p><code>Touchbuild</code> &#183; text &#183; read-only</p>
<p>The oldest TouchDesigner build that this release is made for.</p>
<h3 id="version">Version</h3>
<p><code>Version</code> &#183; text &#183; read-only</p>
<p>Version of this component. Changes between versions are listed in the changelog.</p>
<h3 id="help">Help</h3>
<p><code>Help</code> &#183; button</p>
<p>Open the documentation of this version in the browser.</p>
<h3 id="credits">Credits</h3>
<p><code>Credits</code> &#183; text &#183; read-only</p>
<p>What this component is built on, with the licences.</p>
<p>Methods are called on the component, <code>op.firestore.PushDoc(collection, doc_id, data)</code>, on TouchDesigner's main thread. They return at once; what became of it comes to the callbacks and stands in the tables.</p>
<h2 id="methods">Methods</h2>
<h3 id="pushdoc">PushDoc</h3>
<pre><code>PushDoc(collection, doc_id, data)</code></pre>
<p>Replaces the whole document; the write's queue id, empty if it can never run.</p>
<h3 id="mergedoc">MergeDoc</h3>
<pre><code>MergeDoc(collection, doc_id, data)</code></pre>
<p>Merges fields into the document and creates it if it is missing; as <code>PushDoc</code>.</p>
<h3 id="updatedoc">UpdateDoc</h3>
<pre><code>UpdateDoc(collection, doc_id, data)</code></pre>
<p>Changes the named fields (or field paths) of a document that exists; as <code>PushDoc</code>.</p>
<h3 id="deletedoc">DeleteDoc</h3>
<pre><code>DeleteDoc(collection, doc_id)</code></pre>
<p>Deletes the document; as <code>PushDoc</code>.</p>
<h3 id="pushbatch">PushBatch</h3>
<pre><code>PushBatch(operations, atomic=False)</code></pre>
<p>Queues several writes at once.</p>
<ul><li><code>operations</code> (<code>Iterable[Mapping[str, ...]]</code>): Dicts with <code>collection</code>, <code>doc_id</code>, <code>op_type</code> and <code>payload</code>.</li><li><code>atomic</code> (<code>bool</code>): All of them (at most 500) are carried out or none; one that can never run refuses all.</li></ul>
<p>Returns: A queue id per operation, in order, empty for one that can never run.</p>
<h3 id="flushwritequeue">FlushWriteQueue</h3>
<pre><code>FlushWriteQueue()</code></pre>
<p>Tries all queued writes again now.</p>
<h3 id="clearwritequeue">ClearWriteQueue</h3>
<pre><code>ClearWriteQueue()</code></pre>
<p>Discards all queued writes; the tables show the server's version again.</p>
<h3 id="flushdirty">FlushDirty</h3>
<pre><code>FlushDirty()</code></pre>
<p>Sends every row that was edited and is not sent yet, and tries all queued writes again.</p>
<h3 id="retrydeadletters">RetryDeadLetters</h3>
<pre><code>RetryDeadLetters()</code></pre>
<p>Puts the dead letters at the end of the queue again.</p>
<h3 id="cleardeadletters">ClearDeadLetters</h3>
<pre><code>ClearDeadLetters()</code></pre>
<p>Forgets the dead letters.</p>
<h3 id="getdoc">GetDoc</h3>
<pre><code>GetDoc(collection, doc_id)</code></pre>
<p>A document as the local table shows it; None if it shows none. No network.</p>
<h3 id="getcollection">GetCollection</h3>
<pre><code>GetCollection(collection)</code></pre>
<p>All documents that a local table shows, each with its <code>_doc_id</code>. No network.</p>
<ul><li><code>collection</code> (<code>str</code>): The path of a watched collection, or the name of a watched query.</li></ul>
<h3 id="fetchdoc">FetchDoc</h3>
<pre><code>FetchDoc(path)</code></pre>
<p>Reads a document from the server, now or as soon as it is connected; the answer comes as <code>onDocFetched</code>.</p>
<p>Returns: False if that is no path of a document.</p>
<h3 id="watchcollection">WatchCollection</h3>
<pre><code>WatchCollection(path)</code></pre>
<p>Mirrors a collection or subcollection (<code>users/u1/items</code>) into a table; False if that is no such path.</p>
<h3 id="watchdoc">WatchDoc</h3>
<pre><code>WatchDoc(path)</code></pre>
<p>Mirrors one document into a table of its own; False if that is no path of a document.</p>
<h3 id="watchquery">WatchQuery</h3>
<pre><code>WatchQuery(name, collection, where=None, order_by=None, limit=None)</code></pre>
<p>Mirrors the result of a query into a table.</p>
<ul><li><code>name</code> (<code>str</code>): What to call it; callbacks name it as the collection.</li><li><code>collection</code> (<code>str</code>): Path of the collection.</li><li><code>where</code> (<code>...</code>): One condition or a list of them: (field, operator, value), as in <code>(&quot;score&quot;, &quot;&gt;&quot;, 10)</code>.</li><li><code>order_by</code> (<code>...</code>): A field or a list of them; <code>-field</code> or <code>(field, &quot;desc&quot;)</code> turns the order round.</li><li><code>limit</code> (<code>int</code>): At most so many documents.</li></ul>
<p>Returns: False if it is no query that the server could run.</p>
<h3 id="unwatchcollection">UnwatchCollection</h3>
<pre><code>UnwatchCollection(path)</code></pre>
<p>Stops mirroring a collection, document or query and takes its table away; whether it was mirrored.</p>
<h3 id="refreshcollections">RefreshCollections</h3>
<pre><code>RefreshCollections()</code></pre>
<p>Looks for new collections now and watches them.</p>
<h3 id="getlisteners">GetListeners</h3>
<pre><code>GetListeners()</code></pre>
<p>How each listener is doing: <code>state</code> (loading, live, reconnecting, error) and <code>reason</code>, by name.</p>
<h2 id="methods-of-both-components">Methods of both components</h2>
<h3 id="getstatus">GetStatus</h3>
<pre><code>GetStatus()</code></pre>
<p>The status row: column name to text.</p>
<h3 id="connect">Connect</h3>
<pre><code>Connect()</code></pre>
<p>Begins to connect; the state tells how it ends.</p>
<h3 id="disconnect">Disconnect</h3>
<pre><code>Disconnect()</code></pre>
<p>Ends the connection; tables and queues stay.</p>
<h3 id="reset">Reset</h3>
<pre><code>Reset()</code></pre>
<p>Asks, then disconnects, empties queues and tables and resets the breaker.</p>
<h3 id="createcallbacksdat">CreateCallbacksDat</h3>
<pre><code>CreateCallbacksDat()</code></pre>
<p>Makes a text DAT beside the component with a stub of every callback; leaves an existing one alone.</p>
<h3 id="getlogs">GetLogs</h3>
<pre><code>GetLogs(level=None, limit=50)</code></pre>
<p>The newest log entries, newest last; of one level if it is given.</p>
<h2 id="callbacks">Callbacks</h2>
<p>Functions of the DAT that <em>Callbacks DAT</em> points to; <em>Create</em> on the Callbacks page makes one with a stub of each. They run on the main thread. A missing one is not called; an error in one is logged and stops nothing.</p>
<h3 id="onfirestorechange">onFirestoreChange</h3>
<pre><code>onFirestoreChange(collection, doc_id, change_type, payload)</code></pre>
<p>A row has changed by something else than your own write.</p>
<ul><li><code>collection</code> (<code>str</code>): path of the collection, or the name of a watched query.</li><li><code>doc_id</code> (<code>str</code>): id of the document.</li><li><code>change_type</code> (<code>str</code>): 'added', 'modified' or 'removed'.</li><li><code>payload</code> (<code>dict[str, ...]</code>): the document as GetDoc gives it; {} when it was removed.</li></ul>
<h3 id="onwritecomplete">onWriteComplete</h3>
<pre><code>onWriteComplete(collection, doc_id, success, error)</code></pre>
<p>The server has confirmed a write, or one has failed.</p>
<ul><li><code>collection</code> (<code>str</code>): path of the collection.</li><li><code>doc_id</code> (<code>str</code>): id of the document.</li><li><code>success</code> (<code>bool</code>): whether the server has confirmed it.</li><li><code>error</code> (<code>str</code>): '' or what went wrong. What can be repeated stays queued and is reported again; what the server refuses for good is in the table dead_letters.</li></ul>
<h3 id="ondocfetched">onDocFetched</h3>
<pre><code>onDocFetched(collection, doc_id, payload, success, error)</code></pre>
<p>What FetchDoc has read from the server.</p>
<ul><li><code>collection</code> (<code>str</code>): path of the collection.</li><li><code>doc_id</code> (<code>str</code>): id of the document.</li><li><code>payload</code> (<code>dict[str, ...]</code>): the document, or None if there is none.</li><li><code>success</code> (<code>bool</code>): whether the server has answered.</li><li><code>error</code> (<code>str</code>): '' or what went wrong.</li></ul>
<h3 id="onconnectionstatechange">onConnectionStateChange</h3>
<pre><code>onConnectionStateChange(state, error)</code></pre>
<p>The connection has changed.</p>
<ul><li><code>state</code> (<code>str</code>): 'connecting', 'connected', 'disconnected', 'error' or 'reconnecting'.</li><li><code>error</code> (<code>str</code>): '' or what went wrong and what to do.</li></ul>
<h2 id="tables">Tables</h2>
<p>Operators inside the component, for reading: select them, wire them on, ask them by name.</p>
<h3 id="table-log">log</h3>
<p>The last 200 log entries, newest at the bottom. DEBUG entries are only in GetLogs().</p>
<h3 id="table-status">status</h3>
<p>One row that says how the component is doing.</p>
<p>Columns: <code>state</code>, <code>circuit</code>, <code>last_error</code>, <code>queue_depth</code>, <code>connected_at</code>, <code>collections</code>.</p>
<h3 id="table-collection_index">collection_index</h3>
<p>Which table in collections holds which collection.</p>
<p>Columns: <code>collection</code>, <code>table</code>.</p>
<h3 id="table-write_queue_dat">write_queue_dat</h3>
<p>Writes that the server has not confirmed yet, oldest first.</p>
<p>Columns: <code>queue_id</code>, <code>collection</code>, <code>doc_id</code>, <code>op_type</code>, <code>payload</code>, <code>queued_at</code>, <code>retry_count</code>, <code>last_error</code>.</p>
<h3 id="table-dead_letters">dead_letters</h3>
<p>Writes that the server refused for good; RetryDeadLetters() or ClearDeadLetters().</p>
<p>Columns: <code>queue_id</code>, <code>collection</code>, <code>doc_id</code>, <code>op_type</code>, <code>payload</code>, <code>queued_at</code>, <code>retry_count</code>, <code>last_error</code>, <code>failed_at</code>.</p>
<h2 id="connectionext">ConnectionExt</h2>
<p>Reached as <code>op.firestore.ext.ConnectionExt</code>.</p>
<p>Circuit breaker with exponential backoff.</p>
<p><code>closed</code> allows all attempts, <code>open</code> none for <em>Circuit Timeout</em> seconds, <code>half_open</code> one probe. No method reads a parameter: the main thread hands the settings over whenever they change.</p>
<div class=table><table>
<tr><th>Method</th><th>What it does</th></tr>
<tr><td><code>CanAttempt()</code></td><td>Whether an attempt may start now; in <code>half_open</code> True is the only probe.</td></tr>
<tr><td><code>RecordSuccess()</code></td><td>An attempt succeeded: closed again.</td></tr>
<tr><td><code>RecordFailure()</code></td><td>An attempt failed; opens after <em>Circuit Failure Threshold</em> in a row.</td></tr>
<tr><td><code>GetBackoffSeconds()</code></td><td>Seconds before the next attempt: <code>min(Backoff Base ** min(failures, 10), Backoff Max)</code>.</td></tr>
<tr><td><code>GetState()</code></td><td><code>closed</code>, <code>open</code> or <code>half_open</code>.</td></tr>
<tr><td><code>Reset()</code></td><td>Closed, nothing counted.</td></tr>
</table></div>
<h2 id="writequeueext">WriteQueueExt</h2>
<p>Reached as <code>op.firestore.ext.WriteQueueExt</code>.</p>
<p>The queue and the cache in SQLite. The engine owns the file; what is asked here counts at once.</p>
<div class=table><table>
<tr><th>Method</th><th>What it does</th></tr>
<tr><td><code>Init(project_folder)</code></td><td>Opens the queue. It lies in <em>Cache Folder</em>, which is below the project's folder unless it is absolute.</td></tr>
<tr><td><code>Enqueue(collection, doc_id, op_type, payload)</code></td><td>Queues a write as <code>PushDoc</code> and the others do; its queue id, empty if it can never run.</td></tr>
<tr><td><code>GetPending()</code></td><td>The queued writes, oldest first: dicts of the eight columns, <code>payload</code> as a dict.</td></tr>
<tr><td><code>Remove(queue_id)</code></td><td>Takes a write out of the queue; one that is on its way may reach the server all the same.</td></tr>
<tr><td><code>RecordRetry(queue_id, error)</code></td><td>Counts a failure of a queued write.</td></tr>
<tr><td><code>Clear()</code></td><td>Discards all queued writes.</td></tr>
<tr><td><code>Count()</code></td><td>How many writes are queued.</td></tr>
<tr><td><code>SaveDocument(collection, doc_id, payload_text, version, synced_at)</code></td><td>Puts a document into the cache.</td></tr>
<tr><td><code>DeleteDocument(collection, doc_id)</code></td><td>Takes a document out of the cache.</td></tr>
<tr><td><code>LoadDocuments()</code></td><td>The cached documents: rows of collection, doc_id, payload, version, synced_at.</td></tr>
</table></div>
<h2 id="credits">Credits</h2>
<p>What the component stands on. Nothing of it is inside: it is installed once per project.</p>
<div class=table><table>
<tr><th>Part</th><th>Version</th><th>Licence</th></tr>
<tr><td><code>anyio</code></td><td>4.16.0</td><td>MIT</td></tr>
<tr><td><code>cachecontrol</code></td><td>0.14.4</td><td>Apache-2.0</td></tr>
<tr><td><code>certifi</code></td><td>2026.10.18</td><td>MPL-2.0</td></tr>
<tr><td><code>cffi</code></td><td>2.1.1</td><td>MIT-0</td></tr>
<tr><td><code>charset-normalizer</code></td><td>3.5.2</td><td>MIT</td></tr>
<tr><td><code>cryptography</code></td><td>48.0.1 or 50.0.2</td><td>Apache-2.0 OR BSD-3-Clause</td></tr>
<tr><td><code>firebase-admin</code></td><td>7.7.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-api-core</code></td><td>2.44.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-auth</code></td><td>2.62.2</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-core</code></td><td>2.8.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-firestore</code></td><td>2.34.1</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-storage</code></td><td>3.17.1</td><td>Apache-2.0</td></tr>
<tr><td><code>google-crc32c</code></td><td>1.9.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-resumable-media</code></td><td>2.11.0</td><td>Apache-2.0</td></tr>
<tr><td><code>googleapis-common-protos</code></td><td>1.76.0</td><td>Apache-2.0</td></tr>
<tr><td><code>grpcio</code></td><td>1.85.1</td><td>Apache-2.0</td></tr>
<tr><td><code>grpcio-status</code></td><td>1.85.1</td><td>Apache-2.0</td></tr>
<tr><td><code>h11</code></td><td>0.16.0</td><td>MIT</td></tr>
<tr><td><code>h2</code></td><td>4.4.1</td><td>MIT</td></tr>
<tr><td><code>hpack</code></td><td>4.2.0</td><td>MIT</td></tr>
<tr><td><code>httpcore</code></td><td>1.0.9</td><td>BSD-3-Clause</td></tr>
<tr><td><code>httpx</code></td><td>0.28.1</td><td>BSD-3-Clause</td></tr>
<tr><td><code>hyperframe</code></td><td>6.1.0</td><td>MIT</td></tr>
<tr><td><code>idna</code></td><td>3.20</td><td>BSD-3-Clause</td></tr>
<tr><td><code>msgpack</code></td><td>1.2.4</td><td>Apache-2.0</td></tr>
<tr><td><code>opentelemetry-api</code></td><td>1.45.2</td><td>Apache-2.0</td></tr>
<tr><td><code>proto-plus</code></td><td>1.29.0</td><td>Apache-2.0</td></tr>
<tr><td><code>protobuf</code></td><td>7.36.2</td><td>BSD-3-Clause</td></tr>
<tr><td><code>pyasn1</code></td><td>0.6.5</td><td>BSD-2-Clause</td></tr>
<tr><td><code>pyasn1-modules</code></td><td>0.4.2</td><td>BSD-2-Clause</td></tr>
<tr><td><code>pycparser</code></td><td>3.12</td><td>BSD-3-Clause</td></tr>
<tr><td><code>pyjwt</code></td><td>2.15.1</td><td>MIT</td></tr>
<tr><td><code>requests</code></td><td>2.34.2</td><td>Apache-2.0</td></tr>
<tr><td><code>typing-extensions</code></td><td>4.16.0</td><td>PSF-2.0</td></tr>
<tr><td><code>urllib3</code></td><td>2.8.0</td><td>MIT</td></tr>
<tr><td>TouchDesigner, with Python and SQLite</td><td></td><td>the user's own</td></tr>
<tr><td>uv</td><td></td><td>Apache-2.0 OR MIT</td></tr>
</table></div>
</body>
</html>
''',
    "generated/storage/local/credits": '''\
td-gcp stands on

anyio                                  4.16.0            MIT
cachecontrol                           0.14.4            Apache-2.0
certifi                                2026.10.18        MPL-2.0
cffi                                   2.1.1             MIT-0
charset-normalizer                     3.5.2             MIT
cryptography                           48.0.1 or 50.0.2  Apache-2.0 OR BSD-3-Clause
firebase-admin                         7.7.0             Apache-2.0
google-api-core                        2.44.0            Apache-2.0
google-auth                            2.62.2            Apache-2.0
google-cloud-core                      2.8.0             Apache-2.0
google-cloud-firestore                 2.34.1            Apache-2.0
google-cloud-storage                   3.17.1            Apache-2.0
google-crc32c                          1.9.0             Apache-2.0
google-resumable-media                 2.11.0            Apache-2.0
googleapis-common-protos               1.76.0            Apache-2.0
grpcio                                 1.85.1            Apache-2.0
grpcio-status                          1.85.1            Apache-2.0
h11                                    0.16.0            MIT
h2                                     4.4.1             MIT
hpack                                  4.2.0             MIT
httpcore                               1.0.9             BSD-3-Clause
httpx                                  0.28.1            BSD-3-Clause
hyperframe                             6.1.0             MIT
idna                                   3.20              BSD-3-Clause
msgpack                                1.2.4             Apache-2.0
opentelemetry-api                      1.45.2            Apache-2.0
proto-plus                             1.29.0            Apache-2.0
protobuf                               7.36.2            BSD-3-Clause
pyasn1                                 0.6.5             BSD-2-Clause
pyasn1-modules                         0.4.2             BSD-2-Clause
pycparser                              3.12              BSD-3-Clause
pyjwt                                  2.15.1            MIT
requests                               2.34.2            Apache-2.0
typing-extensions                      4.16.0            PSF-2.0
urllib3                                2.8.0             MIT
TouchDesigner, with Python and SQLite                    the user's own
uv                                                       Apache-2.0 OR MIT

and is itself under this licence:

MIT License

Copyright (c) 2026 The td-gcp authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.
''',
    "generated/storage/local/help": '''\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>storage 0.1.0</title>
<style>
:root { color-scheme: light dark; --back: #fff; --text: #222; --soft: #f2f3f5; --line: #d5d8dc; --link: #1d5fa8; }
@media (prefers-color-scheme: dark) {
  :root { --back: #1f2022; --text: #e6e6e6; --soft: #2b2d30; --line: #45484d; --link: #8ab8ee; }
}
body { margin: 0 auto; max-width: 46rem; padding: 1rem; background: var(--back); color: var(--text);
  font: 16px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
a { color: var(--link); }
h2 { margin-top: 2.5rem; border-bottom: 1px solid var(--line); }
h3 { margin: 2rem 0 0.3rem; }
code, pre { background: var(--soft); border-radius: 4px; font: 0.9em/1.5 ui-monospace, monospace; }
code { padding: 0.1em 0.3em; } pre { padding: 0.6rem; overflow-x: auto; } pre code { padding: 0; }
div.table { overflow-x: auto; } table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: 0.3rem 0.6rem 0.3rem 0; text-align: left; vertical-align: top; }
nav { columns: 9rem; padding: 0; } nav a { display: block; }
</style>
</head>
<body>
<h1 id="top">storage 0.1.0</h1>
<nav>
<a href="#first-steps">First steps</a>
<a href="#page-creds">Page Creds</a>
<a href="#page-storage">Page Storage</a>
<a href="#page-conn">Page Conn</a>
<a href="#page-callbacks">Page Callbacks</a>
<a href="#page-controls">Page Controls</a>
<a href="#page-about">Page About</a>
<a href="#methods">Methods</a>
<a href="#methods-of-both-components">Methods of both components</a>
<a href="#callbacks">Callbacks</a>
<a href="#tables">Tables</a>
<a href="#connectionext">ConnectionExt</a>
<a href="#credits">Credits</a>
</nav>
<p>Files between TouchDesigner and Firebase / Google Cloud Storage: upload, download, sync. Build 1 of 2026-11-20.</p>
<h2 id="first-steps">First steps</h2>
<p>On the Creds page set <em>Private Key File</em> to the JSON key of a service account, or <em>Emulator Host</em> to the address of an emulator. Pulse <em>Connect</em> on the Controls page and watch <code>op.storage.op(&#x27;status&#x27;)</code>. If the state becomes error, <code>last_error</code> says what is wrong and what to do.</p>
<p>Pulse <em>Create</em> on the Callbacks page for a DAT with a stub of every callback. <code>op.storage.GetLogs()</code> gives the newest log entries.</p>
<p>Scripts reach a parameter by its name: <code>op.storage.par.Privatekey</code>. In TouchDesigner, hold Alt over a label to see its help.</p>
<h2 id="page-creds">Page Creds</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Private Key File</td><td><code>Privatekey</code></td><td>File</td><td>empty</td><td></td></tr>
<tr><td>Bucket Name</td><td><code>Bucket</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Emulator Host</td><td><code>Emulatorhost</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Use ADC</td><td><code>Useadc</code></td><td>Toggle</td><td>off</td><td></td></tr>
</table></div>
<h3 id="privatekey">Private Key File</h3>
<p><code>Privatekey</code> &#183; file &#183; default empty &#183; can be used while <em>Emulator Host</em> is empty</p>
<p>Service account key (JSON) of your Firebase or Google Cloud project: in the Firebase console under Project settings, Service accounts, Generate new private key. Only its path is kept here, never its content. A relative path is below the project folder. Changing it reconnects and keeps tables and queues.</p>
<h3 id="bucket">Bucket Name</h3>
<p><code>Bucket</code> &#183; text &#183; default empty</p>
<p>Name of the bucket, without gs://. Empty means the project's default bucket, &lt;project id>.firebasestorage.app. Older Firebase projects have one that ends in .appspot.com: enter it here.</p>
<h3 id="emulatorhost">Emulator Host</h3>
<p><code>Emulatorhost</code> &#183; text &#183; default empty</p>
<p>Address of a local emulator as host:port, for example 127.0.0.1:8080. With an address here no key is needed and nothing reaches the real project. Leave empty to use the cloud.</p>
<h3 id="useadc">Use ADC</h3>
<p><code>Useadc</code> &#183; on or off &#183; default off &#183; can be used while <em>Private Key File</em> is empty and <em>Emulator Host</em> is empty</p>
<p>With no key file, use Application Default Credentials: what gcloud auth application-default login leaves on this machine, or the machine's own account in Google Cloud. Handy where no key may be copied around.</p>
<h2 id="page-storage">Page Storage</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Local Path</td><td><code>Localpath</code></td><td>Folder</td><td>empty</td><td></td></tr>
<tr><td>Remote Path</td><td><code>Remotepath</code></td><td>Str</td><td>empty</td><td></td></tr>
<tr><td>Make Public</td><td><code>Makepublic</code></td><td>Toggle</td><td>off</td><td></td></tr>
<tr><td>Delete Remote Orphans</td><td><code>Deleteremoteorphans</code></td><td>Toggle</td><td>off</td><td></td></tr>
<tr><td>Delete Local Orphans</td><td><code>Deletelocalorphans</code></td><td>Toggle</td><td>off</td><td></td></tr>
<tr><td>Max Concurrent</td><td><code>Maxconcurrent</code></td><td>Int</td><td><code>3</code></td><td>1 or more</td></tr>
<tr><td>Max Delete (%)</td><td><code>Maxdelete</code></td><td>Int</td><td><code>50</code></td><td>0 to 100</td></tr>
<tr><td>On Conflict</td><td><code>Conflictmode</code></td><td>Menu</td><td><code>newest</code></td><td><code>newest</code>, <code>keepboth</code>, <code>local</code>, <code>remote</code></td></tr>
<tr><td>Watch Folder</td><td><code>Watchfolder</code></td><td>Toggle</td><td>off</td><td></td></tr>
</table></div>
<h3 id="localpath">Local Path</h3>
<p><code>Localpath</code> &#183; folder &#183; default empty</p>
<p>Folder on this machine that relative local paths are below, and that is synced. A relative one is below the project folder. Empty is the project folder itself; Sync needs a folder to be chosen.</p>
<h3 id="remotepath">Remote Path</h3>
<p><code>Remotepath</code> &#183; text &#183; default empty</p>
<p>Folder in the bucket that relative remote paths are below, for example media/. Empty is the whole bucket. A remote path that starts with a slash goes past this one.</p>
<h3 id="makepublic">Make Public</h3>
<p><code>Makepublic</code> &#183; on or off &#183; default off</p>
<p>Make every uploaded file readable by anyone who knows its address. The bucket must allow public access per file (uniform access off). Upload(make_public=...) decides for a single file.</p>
<h3 id="deleteremoteorphans">Delete Remote Orphans</h3>
<p><code>Deleteremoteorphans</code> &#183; on or off &#183; default off</p>
<p>Sync deletes files in the bucket that are no longer in the local folder. For a folder that is the one source of truth. More than Max Delete at once is refused.</p>
<h3 id="deletelocalorphans">Delete Local Orphans</h3>
<p><code>Deletelocalorphans</code> &#183; on or off &#183; default off</p>
<p>Sync removes local files that are no longer in the bucket; they go into a trash folder in the cache. For machines that only show what the bucket holds. More than Max Delete at once is refused.</p>
<h3 id="maxconcurrent">Max Concurrent</h3>
<p><code>Maxconcurrent</code> &#183; whole number &#183; default <code>3</code> &#183; 1 or more</p>
<p>How many transfers run at once; the others wait in order. More helps with many small files on a fast line, fewer leaves room for the show on a slow one.</p>
<h3 id="maxdelete">Max Delete (%)</h3>
<p><code>Maxdelete</code> &#183; whole number &#183; default <code>50</code> &#183; 0 to 100</p>
<p>Safety catch of the orphan options, in percent: a sync that would delete more than this share of the files of a side deletes none and says so. Raise it, or call SyncFolder(force=True), when a large clean-up is wanted.</p>
<h3 id="conflictmode">On Conflict</h3>
<p><code>Conflictmode</code> &#183; menu &#183; default <code>newest</code></p>
<p>What Sync does with a file that was changed on both sides since the last sync. Keep Both saves the older one beside the other as name.conflict-&lt;time>. Every conflict is reported in onSyncComplete.</p>
<ul><li><code>newest</code>: Newest Wins</li><li><code>keepboth</code>: Keep Both</li><li><code>local</code>: Local Wins</li><li><code>remote</code>: Remote Wins</li></ul>
<h3 id="watchfolder">Watch Folder</h3>
<p><code>Watchfolder</code> &#183; on or off &#183; default off</p>
<p>Upload new and changed files below Local Path by themselves, once they have stopped growing. For a photo booth or a recorder that writes into the folder.</p>
<h2 id="page-conn">Page Conn</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Auto Connect</td><td><code>Autoconnect</code></td><td>Toggle</td><td>on</td><td></td></tr>
<tr><td>Circuit Failure Threshold</td><td><code>Circuitfailurethreshold</code></td><td>Int</td><td><code>5</code></td><td>1 or more</td></tr>
<tr><td>Circuit Timeout (s)</td><td><code>Circuittimeout</code></td><td>Float</td><td><code>60.0</code></td><td>0 or more</td></tr>
<tr><td>Backoff Base</td><td><code>Backoffbase</code></td><td>Float</td><td><code>2.0</code></td><td>1 or more</td></tr>
<tr><td>Backoff Max (s)</td><td><code>Backoffmax</code></td><td>Float</td><td><code>300.0</code></td><td>0 or more</td></tr>
<tr><td>Frame Budget (ms)</td><td><code>Framebudget</code></td><td>Float</td><td><code>2.0</code></td><td>0.1 or more</td></tr>
<tr><td>Engine</td><td><code>Engine</code></td><td>Menu</td><td><code>thread</code></td><td><code>thread</code>, <code>process</code></td></tr>
</table></div>
<h3 id="autoconnect">Auto Connect</h3>
<p><code>Autoconnect</code> &#183; on or off &#183; default on</p>
<p>Connect by itself when the project starts, and keep trying after every break for as long as this is on. Turn it off to decide with Connect and Disconnect.</p>
<h3 id="circuitfailurethreshold">Circuit Failure Threshold</h3>
<p><code>Circuitfailurethreshold</code> &#183; whole number &#183; default <code>5</code> &#183; 1 or more</p>
<p>After this many failures in a row the circuit opens: nothing is tried until Circuit Timeout has passed, so that a dead network is not hammered. Raise it on a network that often hiccups.</p>
<h3 id="circuittimeout">Circuit Timeout (s)</h3>
<p><code>Circuittimeout</code> &#183; number &#183; default <code>60.0</code> &#183; 0 or more</p>
<p>Seconds the circuit stays open before one probe is let through. If the probe succeeds everything goes on, if not the wait begins again. Lower it where a break of the network should be over quickly.</p>
<h3 id="backoffbase">Backoff Base</h3>
<p><code>Backoffbase</code> &#183; number &#183; default <code>2.0</code> &#183; 1 or more</p>
<p>How fast the wait before a reconnect grows: base to the power of the failures so far, in seconds, never more than Backoff Max. 2 gives 2, 4, 8, 16 seconds. 1 tries again every second.</p>
<h3 id="backoffmax">Backoff Max (s)</h3>
<p><code>Backoffmax</code> &#183; number &#183; default <code>300.0</code> &#183; 0 or more</p>
<p>Longest wait in seconds before another attempt to reconnect. Lower it where the show should be online again soon after the network returns.</p>
<h3 id="framebudget">Frame Budget (ms)</h3>
<p><code>Framebudget</code> &#183; number &#183; default <code>2.0</code> &#183; 0.1 or more</p>
<p>Milliseconds of a frame that this component may spend on taking in results; what is left waits for the next frame. At 60 fps a frame lasts 16.7 ms. Lower it if frames are tight, raise it if large collections should appear sooner.</p>
<h3 id="engine">Engine</h3>
<p><code>Engine</code> &#183; menu &#183; default <code>thread</code></p>
<p>Where the network work is done. Threads need nothing else. A process of its own cannot slow a frame down, and a crash of it costs a restart of the process instead of the show. Can be changed at any time, nothing is lost.</p>
<ul><li><code>thread</code>: Threads of TouchDesigner</li><li><code>process</code>: Process Beside It</li></ul>
<h2 id="page-callbacks">Page Callbacks</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Create</td><td><code>Createcallbacksdat</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Callbacks DAT</td><td><code>Callbacksdat</code></td><td>DAT</td><td>empty</td><td></td></tr>
<tr><td>External Log DAT</td><td><code>Logop</code></td><td>DAT</td><td>empty</td><td></td></tr>
</table></div>
<h3 id="createcallbacksdat">Create</h3>
<p><code>Createcallbacksdat</code> &#183; button</p>
<p>Make a text DAT beside the component with a stub of every callback, and set Callbacks DAT to it. An existing one is left alone.</p>
<h3 id="callbacksdat">Callbacks DAT</h3>
<p><code>Callbacksdat</code> &#183; DAT &#183; default empty</p>
<p>Text DAT whose functions are called when something happens. They run on the main thread, so keep them short. A function that is missing is simply not called; an error in one is logged as a warning.</p>
<h3 id="logop">External Log DAT</h3>
<p><code>Logop</code> &#183; DAT &#183; default empty</p>
<p>A FIFO, table or text DAT of your own that every log entry is written to as well, for example to collect the logs of several components in one place. Leave empty for none.</p>
<h2 id="page-controls">Page Controls</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Connect</td><td><code>Connect</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Disconnect</td><td><code>Disconnect</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Reset</td><td><code>Reset</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Upload</td><td><code>Upload</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Download</td><td><code>Download</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Sync</td><td><code>Sync</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Cancel Transfers</td><td><code>Canceltransfers</code></td><td>Pulse</td><td></td><td></td></tr>
</table></div>
<h3 id="connect">Connect</h3>
<p><code>Connect</code> &#183; button</p>
<p>Connect now. Returns at once; the state column of status goes from connecting to connected or error.</p>
<h3 id="disconnect">Disconnect</h3>
<p><code>Disconnect</code> &#183; button</p>
<p>Close the connection. Tables and queues stay as they are.</p>
<h3 id="reset">Reset</h3>
<p><code>Reset</code> &#183; button</p>
<p>After a question: disconnect, empty queues and tables, close the circuit. Connect works again afterwards.</p>
<h3 id="upload">Upload</h3>
<p><code>Upload</code> &#183; button</p>
<p>Bring the folder in the bucket up to date with Local Path: SyncFolder('upload').</p>
<h3 id="download">Download</h3>
<p><code>Download</code> &#183; button</p>
<p>Bring Local Path up to date with the folder in the bucket: SyncFolder('download').</p>
<h3 id="sync">Sync</h3>
<p><code>Sync</code> &#183; button</p>
<p>Bring both sides up to date with each other: SyncFolder('both').</p>
<h3 id="canceltransfers">Cancel Transfers</h3>
<p><code>Canceltransfers</code> &#183; button</p>
<p>Cancel every transfer that has not started yet. Running ones finish; CancelTransfers(include_active=True) stops them, too.</p>
<h2 id="page-about">Page About</h2>
<div class=table><table>
<tr><th>Label</th><th>Name</th><th>Style</th><th>Default</th><th>Range or menu</th></tr>
<tr><td>Build Number</td><td><code>Build</code></td><td>Int</td><td><code>1</code></td><td></td></tr>
<tr><td>Build Date</td><td><code>Date</code></td><td>Str</td><td><code>2026-11-20</code></td><td></td></tr>
<tr><td>Touch Build</td><td><code>Touchbuild</code></td><td>Str</td><td><code>2025.32050</code></td><td></td></tr>
<tr><td>Version</td><td><code>Version</code></td><td>Str</td><td><code>0.1.0</code></td><td></td></tr>
<tr><td>Help</td><td><code>Help</code></td><td>Pulse</td><td></td><td></td></tr>
<tr><td>Credits</td><td><code>Credits</code></td><td>Str</td><td><code>td-gcp, MIT. Built on firebase-admin, google-cloud-storage, google-cloud-firestore and gRPC (Apache 2.0), SQLite (public domain), uv (MIT).</code></td><td></td></tr>
</table></div>
<h3 id="build">Build Number</h3>
<p><code>Build</code> &#183; whole number &#183; read-only</p>
<p>Number of this release, counted up with every one. Name it when you report a problem.</p>
<h3 id="date">Build Date</h3>
<p><code>Date</code> &#183; text &#183; read-only</p>
<p>Day this release was built, as year-month-day.</p>
<h3 id="touchbuild">Touch Build</h3>
<p><code>Touchbuild</code> &#183; text &#183; read-only</p>
<p>The oldest TouchDesigner build that this release is made for.</p>
<h3 id="version">Version</h3>
<p><code>Version</code> &#183; text &#183; read-only</p>
<p>Version of this component. Changes between versions are listed in the changelog.</p>
<h3 id="help">Help</h3>
<p><code>Help</code> &#183; button</p>
<p>Open the documentation of this version in the browser.</p>
<h3 id="credits">Credits</h3>
<p><code>Credits</code> &#183; text &#183; read-only</p>
<p>What this component is built on, with the licences.</p>
<p>Methods are called on the component, <code>op.storage.Upload(local_path=None, remote_path=None, make_public=None, content_type=None, metadata=None, cache_control=None)</code>, on TouchDesigner's main thread. They return at once; what became of it comes to the callbacks and stands in the tables.</p>
<h2 id="methods">Methods</h2>
<h3 id="upload">Upload</h3>
<pre><code>Upload(local_path=None, remote_path=None, make_public=None, content_type=None, metadata=None, cache_control=None)</code></pre>
<p>Uploads a file, replacing whatever the bucket has under that name.</p>
<ul><li><code>local_path</code> (<code>str</code>): Relative to <em>Local Path</em>, or absolute; left out, the place of <code>remote_path</code>.</li><li><code>remote_path</code> (<code>str</code>): Relative to <em>Remote Path</em>, or with a slash in front the bucket path; left out, the place of <code>local_path</code>.</li><li><code>make_public</code> (<code>bool</code>): None uses <em>Make Public</em>.</li><li><code>content_type</code> (<code>str</code>): Left out, what the name's ending promises.</li><li><code>metadata</code> (<code>dict[str, str]</code>): Own keys and texts that the object carries.</li><li><code>cache_control</code> (<code>str</code>): For those who read the object by its public address, e.g. <code>no-cache</code>.</li></ul>
<p>Returns: The transfer's id; empty when it can never run (the log says why).</p>
<h3 id="uploadbytes">UploadBytes</h3>
<pre><code>UploadBytes(data, remote_path, content_type=None, make_public=None, metadata=None, cache_control=None)</code></pre>
<p>Uploads data that is in no file, e.g. <code>top.saveByteArray(&#x27;.jpg&#x27;)</code>; the arguments are those of <code>Upload</code>.</p>
<p>Up to 64 KiB survive a crash from the moment this returns, larger data from the moment its row shows a size.</p>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="uploadtext">UploadText</h3>
<pre><code>UploadText(text, remote_path, content_type=None)</code></pre>
<p>Uploads a text in UTF-8; otherwise as <code>UploadBytes</code>.</p>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="download">Download</h3>
<pre><code>Download(remote_path=None, local_path=None)</code></pre>
<p>Downloads a file; the old one stays until the new one is whole. Paths as in <code>Upload</code>.</p>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="delete">Delete</h3>
<pre><code>Delete(remote_path)</code></pre>
<p>Deletes a file in the bucket.</p>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="listfiles">ListFiles</h3>
<pre><code>ListFiles(prefix=&#x27;&#x27;, delimiter=&#x27;/&#x27;)</code></pre>
<p>Lists the files below <em>Remote Path</em> whose names begin with <code>prefix</code>; they come to <code>onListComplete</code>.</p>
<ul><li><code>prefix</code> (<code>str</code>): With a slash in front, from the beginning of the bucket.</li><li><code>delimiter</code> (<code>str</code>): Where a folder ends; its files are not listed, its name comes in <code>GetTransfer(id)[&#x27;prefixes&#x27;]</code>. Empty lists everything below.</li></ul>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="getmetadata">GetMetadata</h3>
<pre><code>GetMetadata(remote_path)</code></pre>
<p>Fetches what the bucket knows of a file; it comes to <code>onMetadata</code> and stays in <code>GetTransfer(id)</code>.</p>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="getsignedurl">GetSignedUrl</h3>
<pre><code>GetSignedUrl(remote_path, expiration_minutes=60, method=&#x27;GET&#x27;, content_type=None)</code></pre>
<p>Makes an address by which anyone can read (GET) or upload (PUT) one file for a while.</p>
<p>It arrives as <code>local_path</code> of <code>onTransferComplete</code>, and in <code>GetTransfer(id)[&#x27;url&#x27;]</code>.</p>
<ul><li><code>remote_path</code> (<code>str</code>): As in <code>Upload</code>.</li><li><code>expiration_minutes</code> (<code>float</code>): At most a week (10080).</li><li><code>method</code> (<code>str</code>): GET or PUT.</li><li><code>content_type</code> (<code>str</code>): For PUT, the type that must be uploaded.</li></ul>
<p>Returns: The transfer's id; empty when it can never run.</p>
<h3 id="getpublicurl">GetPublicUrl</h3>
<pre><code>GetPublicUrl(remote_path)</code></pre>
<p>The address of a public file, at once and without asking the server whether it is there or public.</p>
<p>Returns: Empty when the name is none or the bucket is not known yet.</p>
<h3 id="canceltransfers">CancelTransfers</h3>
<pre><code>CancelTransfers(include_active=False)</code></pre>
<p>Cancels all transfers that have not started, and those that run if <code>include_active</code>.</p>
<h3 id="canceltransfer">CancelTransfer</h3>
<pre><code>CancelTransfer(transfer_id)</code></pre>
<p>Cancels one transfer, also while it runs.</p>
<p>Returns: Whether there is such a transfer that has not ended.</p>
<h3 id="gettransfer">GetTransfer</h3>
<pre><code>GetTransfer(transfer_id)</code></pre>
<p>What is known of a transfer: its row, and what it found out (<code>metadata</code>, <code>files</code>, <code>prefixes</code>, <code>url</code>).</p>
<p>Returns: None when it is not known (any more).</p>
<h2 id="methods-of-both-components">Methods of both components</h2>
<h3 id="connect">Connect</h3>
<pre><code>Connect()</code></pre>
<p>Begins to connect; the state tells how it ends.</p>
<h3 id="disconnect">Disconnect</h3>
<pre><code>Disconnect()</code></pre>
<p>Ends the connection; tables and queues stay.</p>
<h3 id="reset">Reset</h3>
<pre><code>Reset()</code></pre>
<p>Asks, then disconnects, empties queues and tables and resets the breaker.</p>
<h3 id="createcallbacksdat">CreateCallbacksDat</h3>
<pre><code>CreateCallbacksDat()</code></pre>
<p>Makes a text DAT beside the component with a stub of every callback; leaves an existing one alone.</p>
<h3 id="getstatus">GetStatus</h3>
<pre><code>GetStatus()</code></pre>
<p>The status row: column name to text.</p>
<h3 id="getlogs">GetLogs</h3>
<pre><code>GetLogs(level=None, limit=50)</code></pre>
<p>The newest log entries, newest last; of one level if it is given.</p>
<h2 id="callbacks">Callbacks</h2>
<p>Functions of the DAT that <em>Callbacks DAT</em> points to; <em>Create</em> on the Callbacks page makes one with a stub of each. They run on the main thread. A missing one is not called; an error in one is logged and stops nothing.</p>
<h3 id="ontransfercomplete">onTransferComplete</h3>
<pre><code>onTransferComplete(transfer_id, transfer_type, remote_path, local_path, success, error)</code></pre>
<p>A transfer has ended: upload, download, delete, metadata or signed_url.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What the method returned.</li><li><code>transfer_type</code> (<code>str</code>): See above.</li><li><code>remote_path</code> (<code>str</code>): Name of the file in the bucket.</li><li><code>local_path</code> (<code>str</code>): Absolute path of the local file; for signed_url, the address.</li><li><code>success</code> (<code>bool</code>): False for failed and cancelled ones.</li><li><code>error</code> (<code>str</code>): What went wrong and what to do; empty on success.</li></ul>
<h3 id="ontransferprogress">onTransferProgress</h3>
<pre><code>onTransferProgress(transfer_id, transfer_type, remote_path, local_path, bytes_done, bytes_total)</code></pre>
<p>A transfer is on its way; at most ten times a second for each.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What the method returned.</li><li><code>transfer_type</code> (<code>str</code>): upload, download or sync.</li><li><code>remote_path</code> (<code>str</code>): Name of the file in the bucket.</li><li><code>local_path</code> (<code>str</code>): Absolute path of the local file.</li><li><code>bytes_done</code> (<code>int</code>): Bytes that have been moved.</li><li><code>bytes_total</code> (<code>int</code>): Bytes there are to move.</li></ul>
<h3 id="onlistcomplete">onListComplete</h3>
<pre><code>onListComplete(transfer_id, prefix, files, success, error)</code></pre>
<p>ListFiles has ended.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What ListFiles returned.</li><li><code>prefix</code> (<code>str</code>): What ListFiles was given.</li><li><code>files</code> (<code>list[dict[str, ...]]</code>): A dict with name, size, updated, content_type and more for each file. Folders are in GetTransfer(transfer_id)['prefixes'].</li><li><code>success</code> (<code>bool</code>): False if the listing failed or broke off; files is empty then.</li><li><code>error</code> (<code>str</code>): What went wrong and what to do; empty on success.</li></ul>
<h3 id="onlistpage">onListPage</h3>
<pre><code>onListPage(transfer_id, files)</code></pre>
<p>Up to a thousand files of a long listing, as they come; onListComplete gives all of them at the end.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What ListFiles returned.</li><li><code>files</code> (<code>list[dict[str, ...]]</code>): As in onListComplete.</li></ul>
<h3 id="onmetadata">onMetadata</h3>
<pre><code>onMetadata(transfer_id, remote_path, metadata, success, error)</code></pre>
<p>GetMetadata has ended.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What GetMetadata returned.</li><li><code>remote_path</code> (<code>str</code>): Name of the file in the bucket.</li><li><code>metadata</code> (<code>dict[str, ...]</code>): name, size, content_type, updated, created, md5_hash, public_url, metadata (your own keys) and more.</li><li><code>success</code> (<code>bool</code>): False if there is no such file or it could not be asked.</li><li><code>error</code> (<code>str</code>): What went wrong and what to do; empty on success.</li></ul>
<h3 id="onsynccomplete">onSyncComplete</h3>
<pre><code>onSyncComplete(transfer_id, direction, uploaded, downloaded, deleted, errors, success, error)</code></pre>
<p>SyncFolder has ended.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What SyncFolder returned.</li><li><code>direction</code> (<code>str</code>): both, upload or download.</li><li><code>uploaded</code> (<code>list[str]</code>): Paths relative to Local Path.</li><li><code>downloaded</code> (<code>list[str]</code>): Paths relative to Local Path.</li><li><code>deleted</code> (<code>list[str]</code>): Relative paths with remote: or local: in front.</li><li><code>errors</code> (<code>list[dict[str, str]]</code>): A dict with path and error for each file that could not be synced.</li><li><code>success</code> (<code>bool</code>): Whether everything went as planned.</li><li><code>error</code> (<code>str</code>): Why the sync as a whole failed; empty otherwise.</li></ul>
<h3 id="onsyncplan">onSyncPlan</h3>
<pre><code>onSyncPlan(transfer_id, direction, plan, success, error)</code></pre>
<p>PlanSync has ended: what a sync would do now; nothing was touched.</p>
<ul><li><code>transfer_id</code> (<code>str</code>): What PlanSync returned.</li><li><code>direction</code> (<code>str</code>): both, upload or download.</li><li><code>plan</code> (<code>dict[str, ...]</code>): The steps, as lists of relative paths.</li><li><code>success</code> (<code>bool</code>): Whether there is a plan.</li><li><code>error</code> (<code>str</code>): Why there is none; empty otherwise.</li></ul>
<h3 id="onconnectionstatechange">onConnectionStateChange</h3>
<pre><code>onConnectionStateChange(state, error)</code></pre>
<p>The connection has another state.</p>
<ul><li><code>state</code> (<code>str</code>): connecting, connected, disconnected, error or reconnecting.</li><li><code>error</code> (<code>str</code>): Why, in the last two; otherwise empty.</li></ul>
<h2 id="tables">Tables</h2>
<p>Operators inside the component, for reading: select them, wire them on, ask them by name.</p>
<h3 id="table-log">log</h3>
<p>The last 200 log entries, newest at the bottom. DEBUG entries are only in GetLogs().</p>
<h3 id="table-status">status</h3>
<p>One row that says how the component is doing.</p>
<p>Columns: <code>state</code>, <code>circuit</code>, <code>last_error</code>, <code>active_transfers</code>, <code>connected_at</code>, <code>bucket</code>.</p>
<h3 id="table-transfers">transfers</h3>
<p>One row per transfer, newest at the bottom.</p>
<p>Columns: <code>transfer_id</code>, <code>type</code>, <code>remote_path</code>, <code>local_path</code>, <code>status</code>, <code>started_at</code>, <code>completed_at</code>, <code>error</code>, <code>size</code>, <code>progress</code>, <code>speed</code>.</p>
<h2 id="connectionext">ConnectionExt</h2>
<p>Reached as <code>op.storage.ext.ConnectionExt</code>.</p>
<p>Circuit breaker with exponential backoff.</p>
<p><code>closed</code> allows all attempts, <code>open</code> none for <em>Circuit Timeout</em> seconds, <code>half_open</code> one probe. No method reads a parameter: the main thread hands the settings over whenever they change.</p>
<div class=table><table>
<tr><th>Method</th><th>What it does</th></tr>
<tr><td><code>CanAttempt()</code></td><td>Whether an attempt may start now; in <code>half_open</code> True is the only probe.</td></tr>
<tr><td><code>RecordSuccess()</code></td><td>An attempt succeeded: closed again.</td></tr>
<tr><td><code>RecordFailure()</code></td><td>An attempt failed; opens after <em>Circuit Failure Threshold</em> in a row.</td></tr>
<tr><td><code>GetBackoffSeconds()</code></td><td>Seconds before the next attempt: <code>min(Backoff Base ** min(failures, 10), Backoff Max)</code>.</td></tr>
<tr><td><code>GetState()</code></td><td><code>closed</code>, <code>open</code> or <code>half_open</code>.</td></tr>
<tr><td><code>Reset()</code></td><td>Closed, nothing counted.</td></tr>
</table></div>
<h2 id="credits">Credits</h2>
<p>What the component stands on. Nothing of it is inside: it is installed once per project.</p>
<div class=table><table>
<tr><th>Part</th><th>Version</th><th>Licence</th></tr>
<tr><td><code>anyio</code></td><td>4.16.0</td><td>MIT</td></tr>
<tr><td><code>cachecontrol</code></td><td>0.14.4</td><td>Apache-2.0</td></tr>
<tr><td><code>certifi</code></td><td>2026.10.18</td><td>MPL-2.0</td></tr>
<tr><td><code>cffi</code></td><td>2.1.1</td><td>MIT-0</td></tr>
<tr><td><code>charset-normalizer</code></td><td>3.5.2</td><td>MIT</td></tr>
<tr><td><code>cryptography</code></td><td>48.0.1 or 50.0.2</td><td>Apache-2.0 OR BSD-3-Clause</td></tr>
<tr><td><code>firebase-admin</code></td><td>7.7.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-api-core</code></td><td>2.44.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-auth</code></td><td>2.62.2</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-core</code></td><td>2.8.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-firestore</code></td><td>2.34.1</td><td>Apache-2.0</td></tr>
<tr><td><code>google-cloud-storage</code></td><td>3.17.1</td><td>Apache-2.0</td></tr>
<tr><td><code>google-crc32c</code></td><td>1.9.0</td><td>Apache-2.0</td></tr>
<tr><td><code>google-resumable-media</code></td><td>2.11.0</td><td>Apache-2.0</td></tr>
<tr><td><code>googleapis-common-protos</code></td><td>1.76.0</td><td>Apache-2.0</td></tr>
<tr><td><code>grpcio</code></td><td>1.85.1</td><td>Apache-2.0</td></tr>
<tr><td><code>grpcio-status</code></td><td>1.85.1</td><td>Apache-2.0</td></tr>
<tr><td><code>h11</code></td><td>0.16.0</td><td>MIT</td></tr>
<tr><td><code>h2</code></td><td>4.4.1</td><td>MIT</td></tr>
<tr><td><code>hpack</code></td><td>4.2.0</td><td>MIT</td></tr>
<tr><td><code>httpcore</code></td><td>1.0.9</td><td>BSD-3-Clause</td></tr>
<tr><td><code>httpx</code></td><td>0.28.1</td><td>BSD-3-Clause</td></tr>
<tr><td><code>hyperframe</code></td><td>6.1.0</td><td>MIT</td></tr>
<tr><td><code>idna</code></td><td>3.20</td><td>BSD-3-Clause</td></tr>
<tr><td><code>msgpack</code></td><td>1.2.4</td><td>Apache-2.0</td></tr>
<tr><td><code>opentelemetry-api</code></td><td>1.45.2</td><td>Apache-2.0</td></tr>
<tr><td><code>proto-plus</code></td><td>1.29.0</td><td>Apache-2.0</td></tr>
<tr><td><code>protobuf</code></td><td>7.36.2</td><td>BSD-3-Clause</td></tr>
<tr><td><code>pyasn1</code></td><td>0.6.5</td><td>BSD-2-Clause</td></tr>
<tr><td><code>pyasn1-modules</code></td><td>0.4.2</td><td>BSD-2-Clause</td></tr>
<tr><td><code>pycparser</code></td><td>3.12</td><td>BSD-3-Clause</td></tr>
<tr><td><code>pyjwt</code></td><td>2.15.1</td><td>MIT</td></tr>
<tr><td><code>requests</code></td><td>2.34.2</td><td>Apache-2.0</td></tr>
<tr><td><code>typing-extensions</code></td><td>4.16.0</td><td>PSF-2.0</td></tr>
<tr><td><code>urllib3</code></td><td>2.8.0</td><td>MIT</td></tr>
<tr><td>TouchDesigner, with Python and SQLite</td><td></td><td>the user's own</td></tr>
<tr><td>uv</td><td></td><td>Apache-2.0 OR MIT</td></tr>
</table></div>
</body>
</html>
''',
    "src/common/ext_bootstrap.py": '''\
"""BootstrapExt: makes sure that Google's packages can be imported before a connection is tried.

Thread: main only.

The fast path starts no process and asks nothing. Everything slow - looking, importing, installing - is done by tasks
(`tdg_work_bootstrap`); here is only what the main thread must do: ask the user, put a folder on `sys.path`, and import
step by step where TouchDesigner lets no other thread import.
"""

import dataclasses
import importlib
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any

import td
import tdg_bridge_slot
import tdg_core_bootstrap_messages as messages
import tdg_core_messages
import tdg_td_tasks
import tdg_work_bootstrap

Post = Callable[[tdg_core_messages.Message], None]

#: Where the environment is, below the project's folder.
VENV = "venv/gcp"

_REFUSED = (
    "Google's packages are not installed, and Install was not chosen. Pulse Connect to be asked again, or install "
    "firebase-admin, google-cloud-storage and google-cloud-firestore yourself."
)


@dataclasses.dataclass
class _Search:
    """What is under way."""

    attempt: int
    plan: tdg_work_bootstrap.Plan
    tasks: tdg_td_tasks.Tasks
    post: Post
    cancelled: threading.Event = dataclasses.field(default_factory=threading.Event)
    #: Set while the main thread imports, with what is left of it.
    importing: messages.ImportHere | None = None
    steps: deque[str] = dataclasses.field(default_factory=deque)


class BootstrapExt:
    """Finds or makes the Python environment with Google's packages, once per project.

    Args:
        ownerComp: The component.
    """

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.handlers: dict[str, Callable[[Any], None]] = {
            "packages_usable": self._usable,
            "packages_found": self._found,
            "packages_missing": self._missing,
            "packages_unusable": self._unusable,
            "import_here": self._import_here,
        }
        self._runs = 0
        self._search: _Search | None = None

    def onDestroyTD(self) -> None:
        """The extension is replaced or its component deleted: an installer must not be left behind."""
        self.cancel()

    def ensure(self, attempt: int, modules: Sequence[str], tasks: tdg_td_tasks.Tasks, post: Post) -> None:
        """Makes sure that these modules can be imported. A search that is under way goes on for the new attempt.

        Args:
            attempt: Which attempt it is for.
            modules: What the gateway imports.
            tasks: Run the slow parts.
            post: Gets `PackagesReady` or `ConnectFailed` of that attempt, and progress for the log.
        """
        if all(name in sys.modules for name in modules):
            post(tdg_core_messages.PackagesReady(attempt))
        elif self._search is not None:
            self._search.attempt = attempt
        else:
            self._runs += 1
            plan = tdg_work_bootstrap.Plan(
                run=self._runs,
                folder=f"{td.project.folder}/{VENV}",
                python=td.app.pythonExecutable,
                version=f"{sys.version_info.major}.{sys.version_info.minor}",
                modules=tuple(modules),
                lock=self.ownerComp.op("local/requirements").text,
                installer_lock=self.ownerComp.op("local/requirements_uv").text,
            )
            self._search = _Search(attempt, plan, tasks, post)
            tasks.run(tdg_work_bootstrap.look, plan, post)

    def ask_again(self) -> None:
        """The user wants to connect: an earlier refusal no longer counts."""
        _answers().clear()

    def cancel(self) -> None:
        """Calls off what is under way."""
        if self._search is not None:
            self._search.cancelled.set()
            self._search = None

    def frame(self) -> None:
        """To be called every frame: imports the next module where the main thread has to, one a frame."""
        search = self._search
        if search is None or search.importing is None:
            return
        problem = tdg_work_bootstrap.import_step(search.steps.popleft())
        event = search.importing
        if problem and event.mendable:
            search.importing = None
            self._missing(messages.PackagesMissing(event.run, "broken", problem, event.ask))
        elif problem:
            self._fail(f"{problem}.")
        elif not search.steps:
            self._succeed()

    def _usable(self, event: messages.PackagesUsable) -> None:
        if self._current(event.run):
            self._succeed()

    def _unusable(self, event: messages.PackagesUnusable) -> None:
        if self._current(event.run):
            self._fail(event.message)

    def _found(self, event: messages.PackagesFound) -> None:
        search = self._current(event.run)
        if search is not None:
            _add_to_path(event.site_packages)
            search.tasks.run(tdg_work_bootstrap.look, search.plan, search.post)

    def _missing(self, event: messages.PackagesMissing) -> None:
        search = self._current(event.run)
        if search is None:
            return
        if event.ask and not self._agreed(search.plan.folder, event.reason):
            self._fail(_REFUSED)
            return
        plan, search.plan = search.plan, dataclasses.replace(search.plan, settled=True)
        search.tasks.run(tdg_work_bootstrap.install, plan, event.why, search.post, search.cancelled)

    def _import_here(self, event: messages.ImportHere) -> None:
        search = self._current(event.run)
        if search is not None:
            text = f"importing on the main thread, step by step: {event.reason}"
            search.post(tdg_core_messages.Logged("DEBUG", text))
            search.importing = event
            search.steps = deque(event.modules)

    def _current(self, run: int) -> "_Search | None":
        """The search under way if it is that one."""
        return self._search if self._search is not None and self._search.plan.run == run else None

    def _succeed(self) -> None:
        if self._search is not None:
            search, self._search = self._search, None
            search.post(tdg_core_messages.PackagesReady(search.attempt))

    def _fail(self, message: str) -> None:
        if self._search is not None:
            search, self._search = self._search, None
            search.post(tdg_core_messages.ConnectFailed(search.attempt, "packages", message))

    def _agreed(self, folder: str, reason: str) -> bool:
        """Asks once per project, whichever component needs the packages first; anything but Install is a no."""
        answers = _answers()
        if folder not in answers:
            question = (
                f"{self.ownerComp.name} needs Google's Python packages, and {reason}.\\n\\n"
                f"Install them once for this project, into {folder}?\\n"
                "About 60 MB; the versions are fixed and checked. Needs the network, takes half a minute."
            )
            chosen = td.ui.messageBox("Install Google's packages", question, buttons=["Cancel", "Install"])
            answers[folder] = chosen == 1
        return answers[folder]


def _answers() -> dict[str, bool]:
    """What was answered in this process, by folder."""
    answers: dict[str, bool] = tdg_bridge_slot.slot("packages").setdefault("answers", {})
    return answers


def _add_to_path(site_packages: str) -> None:
    """Lets modules be found there, behind everything TouchDesigner brings. Idempotent."""
    if site_packages not in sys.path:
        sys.path.append(site_packages)  # never in front: other components would get other versions than before
        if sys.platform == "win32":
            handles = tdg_bridge_slot.slot("packages").setdefault("dll_folders", [])
            handles.append(os.add_dll_directory(site_packages))
    importlib.invalidate_caches()
''',
    "src/common/ext_connection.py": '''\
"""ConnectionExt: the circuit breaker as users' scripts know it.

Thread: any, except `__init__` and `configure`.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import tdg_core_retry


class LockedBreaker(tdg_core_retry.Breaker):
    """A breaker that several threads may ask."""

    def __init__(self, settings: tdg_core_retry.BreakerSettings) -> None:
        super().__init__(settings)
        self._lock = threading.RLock()

    def state(self, now: float) -> str:
        with self._lock:
            return super().state(now)

    def can_attempt(self, now: float) -> bool:
        with self._lock:
            return super().can_attempt(now)

    def failure(self, now: float) -> None:
        with self._lock:
            super().failure(now)

    def reset(self) -> None:
        with self._lock:
            super().reset()


class ConnectionExt:
    """Circuit breaker with exponential backoff.

    `closed` allows all attempts, `open` none for *Circuit Timeout* seconds, `half_open` one probe. No method reads a
    parameter: the main thread hands the settings over whenever they change.

    Args:
        ownerComp: The component.
        clock: Monotonic seconds.
    """

    def __init__(self, ownerComp: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self.ownerComp = ownerComp
        self._clock = clock
        self.breaker = LockedBreaker(tdg_core_retry.BreakerSettings())

    def configure(self, settings: tdg_core_retry.BreakerSettings) -> None:
        """Takes the values of the Conn page."""
        self.breaker.settings = settings

    def CanAttempt(self) -> bool:
        """Whether an attempt may start now; in `half_open` True is the only probe."""
        return self.breaker.can_attempt(self._clock())

    def RecordSuccess(self) -> None:
        """An attempt succeeded: closed again."""
        self.breaker.success()

    def RecordFailure(self) -> None:
        """An attempt failed; opens after *Circuit Failure Threshold* in a row."""
        self.breaker.failure(self._clock())

    def GetBackoffSeconds(self) -> float:
        """Seconds before the next attempt: `min(Backoff Base ** min(failures, 10), Backoff Max)`."""
        return tdg_core_retry.backoff_s(self.breaker.failures, self.breaker.settings)

    def GetState(self) -> str:
        """`closed`, `open` or `half_open`."""
        return self.breaker.state(self._clock())

    def Reset(self) -> None:
        """Closed, nothing counted."""
        self.breaker.reset()
''',
    "src/common/life_exec.py": '''\
"""Takes the component through its life: completes and starts it, drives it every frame, tells it of save and exit.

Thread: main only.

Each callback may come at any time, twice, or not at all (TouchEngine knows no onStart and no dependable onExit), so
what they call is idempotent.
"""

from typing import Any

import tdg_td_assembler

#: Put into every DAT by TouchDesigner: this DAT.
me: Any


def onStart() -> None:
    """The project starts."""
    _begin()


def onCreate() -> None:
    """The component came into being: loaded, dropped in, pasted."""
    _begin()


def onExit() -> None:
    """The program ends."""
    _tell("_stop")


def onFrameStart(_frame: int) -> None:
    """Every frame."""
    _tell("_frame")


def onProjectPreSave() -> None:
    """The project is about to be saved."""
    _tell("_before_save")


def onProjectPostSave() -> None:
    """The project was saved."""
    _tell("_after_save")


def _begin() -> None:
    # Before the first extension exists is the safest moment to complete the component: new extension blocks then
    # replace nothing that runs.
    if not tdg_td_assembler.assemble(_component()):
        _tell("_start")


def _tell(method: str) -> None:
    comp = _component()
    if comp.extensionsReady and comp.extensions and comp.extensions[0] is not None:
        getattr(comp.extensions[0], method, _nothing)()


def _component() -> Any:
    return me.parent()  # noqa: F821 - annotated above, put there by TouchDesigner


def _nothing() -> Any:
    """For an extension that does not care."""
''',
    "src/common/log_callbacks.py": '''\
"""Called by the FIFO DAT `log` for every line it takes in; put your own reaction here.

Thread: main only.

Never write a log entry from here: it would call this function again, without end.
"""

from typing import Any


def onNewRow(dat: Any, row_index: int, cells: list[Any]) -> None:
    """A line was added.

    Args:
        dat: the FIFO DAT.
        row_index: index of the new row.
        cells: its cells.
    """
''',
    "src/common/par_exec.py": '''\
"""Routes parameter changes and pulses of the component to its first extension.

Thread: main only.
"""

from typing import Any


def onValueChange(par: Any, prev: Any) -> None:
    """A parameter has another value, by hand or by a script."""
    _tell("onParValueChange", par, prev)


def onPulse(par: Any) -> None:
    """A pulse parameter was pressed, by hand or by a script."""
    _tell("onParPulse", par)


def _tell(handler: str, par: Any, *args: Any) -> None:
    # Values that a project brings along are reported while the extension is still being made: nobody is told then,
    # and the extension reads them when it starts.
    comp = par.owner
    if comp.extensionsReady and comp.extensions and comp.extensions[0] is not None:
        getattr(comp.extensions[0], handler)(par, *args)
''',
    "src/common/requirements-uv.lock": '''\
# This file was autogenerated by uv via the following command:
#    python3 tools/dev.py lock
uv==0.13.8 \\
    --hash=sha256:0b3e8b1a4f5e405e31e2ff33de8af4744831e9f7338539671efbd8c3c94e791d \\
    --hash=sha256:0ec33661a14e38dea8dfb18167d2a4a5c7fe3d476c62dd8eb6acf5f378727201 \\
    --hash=sha256:13050c64530a1ccfc223af0306a8152d41c0d36ea63bc19161221ca65dfe480a \\
    --hash=sha256:29451c60f5e8b07403e0a175d5229efc36b0289b34143ff4aaa499a5dd52553a \\
    --hash=sha256:5337c30bb893b4f9ce0ceb921ba2da0d13f649da644f40ad3bef84083bef0203 \\
    --hash=sha256:55c0b405e75dea1d1c53efc9a8e0725f4031be0e219ec2a08b15d78ece9a616a \\
    --hash=sha256:5ace7ec339798aca31be51a75fa7c1544fe84e02fadd17a9fa3324813bbaf237 \\
    --hash=sha256:62b6943c7fd64fac6854f780bea6e0359e5a5bc3241f83ee357bb38276afac49 \\
    --hash=sha256:63d807451e63c8d21b1b33c945af16438ac9d8ffddc59b31ce69c692135891f5 \\
    --hash=sha256:6999618363d03a0a085a9491db319e00b461dbda205db06ef1fd55dfcbf6472b \\
    --hash=sha256:86f1319f851e645bc295bb921e6be19beae7e69216c75ae809010ca7817393aa \\
    --hash=sha256:87614f62b09e3571593ffe01bf2e1dccb8df928a8423324dba80c6d0e33060eb \\
    --hash=sha256:9cf0b7b12f13da6ab1c85694ab618d97a2bbd0c904cdea7f0172fb1dd768b9d5 \\
    --hash=sha256:b26fe533dc6153787e40443b7d9428ed41349127bff36a954ec82c48be01ded9 \\
    --hash=sha256:b4184029b1b7c54409b9cd4372c73a36ef9c2d1d7cf3b0aca59c8b1932f041dc \\
    --hash=sha256:b7124ca1956ec2e476a1003ea5715a15f0266afaec37f4dc9c6972ba8183e6d1 \\
    --hash=sha256:bfcaada3989c7716ad4b58673cd1413fad4fdc6b2e446f9553db0ef18da20850 \\
    --hash=sha256:cfbc13020a64cdf2f116d2936824c38edbf41e5c07f1ea291baf02e31ebf3ed0 \\
    --hash=sha256:e18a57b8b352eb7c8feb317b9f6f533c8f0ad9673fd6cf34bbe3cf1a9f6a8984
    # via td-gcp (pyproject.toml:installer)
''',
    "src/common/requirements.lock": '''\
# This file was autogenerated by uv via the following command:
#    python3 tools/dev.py lock
anyio==4.16.0 \\
    --hash=sha256:59bb03251907983d1603d27c3087ddb1e93299ea2163adcdba37899a4fb12ffb \\
    --hash=sha256:c66ae634e0b8228396b801741beb3294326d4b6102f7bba4041c0dfb58c29026
    # via httpx
cachecontrol==0.14.4 \\
    --hash=sha256:b7ac014ff72ee199b5f8af1de29d60239954f223e948196fa3d84adaffc71d2b \\
    --hash=sha256:e6220afafa4c22a47dd0badb319f84475d79108100d04e26e8542ef7d3ab05a1
    # via firebase-admin
certifi==2026.10.18 \\
    --hash=sha256:73191c47aaa79da394e8fee2dbc2ec827432cab56311122c9e47abf79e390f62 \\
    --hash=sha256:b9995d97b64d0431a5af837d8ca8cd6238104d1f319f04bd93ea43124d6c861e
    # via
    #   httpcore
    #   httpx
    #   requests
cffi==2.1.1 ; platform_python_implementation != 'PyPy' \\
    --hash=sha256:046bfc24911b37851ee1b51aab8bffe713d89c68c6a057b09484ce9fd5f69b4e \\
    --hash=sha256:06c72bb76605a4b0cd0aad6930b69d4baf7dd5d806cfc409b824191099700e66 \\
    --hash=sha256:0beceaabe56af686895136a2de78db54ecd8e4046b236b8fd6d6cb61389e9bf2 \\
    --hash=sha256:154852545011f779917b11c78db2358d095da62a9a172b78ad0a583ee5adc0d0 \\
    --hash=sha256:194cffa889098ced9976c3fc6340305e43f6303657d298da55366907c05c22d6 \\
    --hash=sha256:19ee6127ee34de7d83ce3d371ebc5ed91addbdcc39f9ab15ce4eb35a4e534971 \\
    --hash=sha256:1a18a57b58cfb21fc28d72e876acf10eaed67a1ed96226f92af4df681d571c4c \\
    --hash=sha256:1aa5645c30469b09530c4ebca77ebf8f17618293c58f8549cb1a543a50236e7d \\
    --hash=sha256:1dea0e4d7d4f11f619fe8c1d76caf49e24405b4b5743c0e3be16a500ecd930c9 \\
    --hash=sha256:208f941bb9d18e768138677f0a6d2ce01f590df56043dda1df1535ac57c88517 \\
    --hash=sha256:210019b6c7cf07f081b4c54635c8cf744377001350e29cc0f81c4377b4797735 \\
    --hash=sha256:246fa40ce8645a614ff682e0b70f37134e460eaf93a775e0cbe3cca585a67a80 \\
    --hash=sha256:25792eac27877609e7bb06d42ff88278a6624fff2ba9bbb523c09616b117e80f \\
    --hash=sha256:27350daa11d4f10c540e6e89dada4c54feb7256ad03e9a4dc075ebad7ba360d1 \\
    --hash=sha256:28907ab9bfb6aa13184cfc17c6b8e1023c5ab6fd7076d8c20a35e59fe04f8f29 \\
    --hash=sha256:2ae64be792b8966f2c69538199728b290e34726562896df1e5dc8ffd8d8188e8 \\
    --hash=sha256:31348097ff5bbe827ccc41795d4dd099d9f0625e7def00ee653c137a490c2a6c \\
    --hash=sha256:3143d81e29e1e20a9ce10901ec369012947876596f75a222235965f2b7ae832e \\
    --hash=sha256:3222ba5d678f80a030e6afbcc33dc1ae5cb45facabb61cee2c7016b8432fde48 \\
    --hash=sha256:3311ed60d36f83378794e1009ac6258bafbf81f7888b4caa7b35a521e3f95813 \\
    --hash=sha256:334644fbac4eff73d985a17a91226df55d0f394160c4cfb880e084c8f7161cac \\
    --hash=sha256:34e261f78cb6ceaaa36f42f2613f4380d94d9c759a9c73c769ee6e0247364632 \\
    --hash=sha256:363e05fa78e15116c3c32c210ee36884fd6b9afa6d440e47112c3bd511d64cb6 \\
    --hash=sha256:398aff33cee2767e3e781d2554c54bd0dff386bb437581e0d8011fde1a942ec1 \\
    --hash=sha256:3d22a20b1fb1632cc72c22f95f7b0d2961c3e1c235f245ba4c606c4771035659 \\
    --hash=sha256:42a494cee34437f05546455144f2b5d9ac09b1face62bcfce597d2e521066688 \\
    --hash=sha256:42e2f76b9455f5a9a844f770bf3e200ed3da0e15f5df3db9c31fe80b04b3d004 \\
    --hash=sha256:42f6930c31dc7f50732c9ae793c2786c7b6b044195967bbdde40bb9be81c4cc0 \\
    --hash=sha256:456a61fa52d579ebf9df2e9552ead5129855dbaff6c1e5a9b1bc408809bdc062 \\
    --hash=sha256:471cee653ae88de62096552e6d24ccb4a5adb8c8c9f10b5054d0122c15bf2779 \\
    --hash=sha256:49cbc70e6542d4ccccb936558d1064a8012541e78f821f955cff24e357776c94 \\
    --hash=sha256:4a7c934f7360e8cd64fe9efadcbd10c7c6364f531e432b9a4bf5ccbc9e0e8b50 \\
    --hash=sha256:4be96343e422f2dfcd12ab5c9f5aebe03f82f737c6bffeca6830b3875cb44aab \\
    --hash=sha256:4f42141fc14250de6dde5ee7ea4432be017252d91f19c5ad043c084cea629cac \\
    --hash=sha256:507a24c282e0f42f8ed737cf048572cbf580468da5555764a8331735e9c736b6 \\
    --hash=sha256:51b31d1c98274844cfd7838ce00bfc27c7423a4dc00fc0772fc3331c2cc90676 \\
    --hash=sha256:58acb8ab8e295e6c5ea12f888cbb13cf21511ef2a3303a23f4325c29d17fe5c1 \\
    --hash=sha256:5a59cc1c4442bc3d5c703bf720b51138d0bfc173618807c9ee2490a7541dd3d9 \\
    --hash=sha256:5bb4e7ea95dcd6a014a6fef62e62467d67d8e582326443f3d68e71d6320a9fcf \\
    --hash=sha256:5c58fe613dc5e5336357eff555824a314d8e43282600435c8d1cb6a7a2fedd13 \\
    --hash=sha256:5e7cecbaadb83884793e05828cee59b210b24583b9c7425d0ba6a754fe22eb4e \\
    --hash=sha256:616f097f2fe415bc92a247f02e11f634e1f9e9a83d327e3c915c15089c87869e \\
    --hash=sha256:63bbfd5ded17c4840ac07cd8f1c21ba9d9708141f840b324f422f41b207e3973 \\
    --hash=sha256:64faea20f4e2613363a1a9b9c7dd73058f3ecd00133a511e72ad7c511658f527 \\
    --hash=sha256:661c298b4821edebead0c91edd2b00374d67ad7c5a1f7a91d4442633b79d6a72 \\
    --hash=sha256:68e62fe11f30d5ca8289242866f0a5291402d8529ca2178ab8afc5c9694ae890 \\
    --hash=sha256:6a8dddef476fab96d066d578fc88526767b836ab5ab21754e1d5bf3879c31c7c \\
    --hash=sha256:6e192623c49c94421616a5778fba35cf0d5a8d000650c1967ef4448ee5cdd990 \\
    --hash=sha256:7225e4514edb64eb6740324353e0da0711954fd8d7da4576755b1c6e09b697cd \\
    --hash=sha256:75f80557d1389eddbd0de2681f6a390a0c5338c31ddaa821381c203fc3fd50d9 \\
    --hash=sha256:770de9db11e84213beec501cfcaa013b019820ca881e03344dea5844f7876d94 \\
    --hash=sha256:7750c6449dff7864bb9bb27ddfb0267756189201a3afc911d82b3caacd70dfc3 \\
    --hash=sha256:7bde5e4cc5c10140859842b9d383af292b22639a4dffb725314baf45968cef80 \\
    --hash=sha256:7ce713ace7c0e4520535b42b77eaa742c16dab813978064913e5a3cf82973b41 \\
    --hash=sha256:7da0c5eff80f0197f3b3d1232ec5a682a9325f4ae9016a78f5f5ca35f9ced1f5 \\
    --hash=sha256:7dbb61fe3a7699468030f71bbe5f8a0e326a151daa91beb11a6fc1f980c55e1c \\
    --hash=sha256:811bd1e21d32de12efca32393a0ab3f5133b54fce9bd44b8bd77ab07da14bf6a \\
    --hash=sha256:8ef53b2de9bcb9197d31854256575d59dbac0cba72ac627bb291ef5eceb74be4 \\
    --hash=sha256:937c0052c05a31ca1daf18de3158eed4dbfcb9cc107adbea227728d647be701e \\
    --hash=sha256:9d2055050ea716bd38b7f7f1579c275386646b4894c155a3e2f3cd62ed41b7c6 \\
    --hash=sha256:9f8d177621de5cb38ee3e731eda45d421db093ec0739f46a5594babda7987a98 \\
    --hash=sha256:a2d7755bef5a12ed488f4ef1f1b69ee9191d7396083b755a5d2295f6edb4768b \\
    --hash=sha256:a48d62ab9d6f4f98c983223a547af44be6ca3691074c31cecced6facd3ba2dc1 \\
    --hash=sha256:a4f00aa42f75d6e4595e8866e748cc1705adc0cddfeb2ca86d0d03993d63ba03 \\
    --hash=sha256:a6e721d4b0e45d5b65e87534470e67b18dcd092c83f68fba09f152b9cbc061af \\
    --hash=sha256:a730a083190634c65cca36ba5f489531576ebd79bcd5c8e172130f6453127231 \\
    --hash=sha256:a931079504ecc49efed7744c476a5c343a92fabf66dec2db95edb1b2fdc770e2 \\
    --hash=sha256:aa9511c62d14da7aacc9b4bf51f3f697a621e83b2d6919008243c3aad168eea3 \\
    --hash=sha256:ab36d55f9ed2d067327667c2fea18dda018eb628dd6347aa01dda6cf1f5d3836 \\
    --hash=sha256:ad2c86c495b899d862ea0f4b42891b8713a3bd45dd4105c7fd51c2a72f39f3a5 \\
    --hash=sha256:aeae0e330c9f6acd681f647d46cefd30c29f93e3392882e792e82080c9691399 \\
    --hash=sha256:b0431303acaea1089ad4b3e9ce4e6518193def1118d4073ca848635ee4ea2e96 \\
    --hash=sha256:b5bdfd1c873d4e093aabc0ca84c4ca6dbc4f752afb5c86f146d9742580c9da2e \\
    --hash=sha256:baed1e86cc735622097354b9d1281406caf42ff42a886d29faa8e8d1630333be \\
    --hash=sha256:c1453022f490d2459a11819d83ad1d586e9ff65a12ac3e705ffebd46d3685dcf \\
    --hash=sha256:c26608d2222fb1e94487e4a387d85f13eb55d5ed725cb25a0c589ac4ee60e7bc \\
    --hash=sha256:c7659f22557c5a0bc4855cd635f55edec690cc008a40768527762cb9fb263455 \\
    --hash=sha256:c8c69575568085ba0b1b10c0249d779a214aea6f6522e949a0fc9fb0fcb449d0 \\
    --hash=sha256:c8d2c9fd1f2d16f780d15127abb050d13d1a76c03a4bd87d7e4980e45e511e12 \\
    --hash=sha256:ca82be1a1d406ecfe1d25dc16cb33488e5a16bf4438c9fb590484ea29d92478b \\
    --hash=sha256:cc572dace3f60ef98d7b12ff411d20f5362feb31a0439eab0085bbfd349982d7 \\
    --hash=sha256:d18e5ac0f2f03f4f518d3e23db0f0cad7faa1da8620e9c09461d443bbf6e6692 \\
    --hash=sha256:d28630f5854ab07ab1fd4aba756de52326c82e6be15d414b12793f1975048b54 \\
    --hash=sha256:d9c275eaacd24aa73f94ffd6de08fc3f932424d8b6c376f4bed7cde376fe7bc3 \\
    --hash=sha256:da0e573f9f97159390c89d9f1a9e41908b66d408cc5b58d08cf3847d844c531b \\
    --hash=sha256:dd31f52ea1086513bb9df30f8fcee9b8918323ae067a3d5b78bc826a000712be \\
    --hash=sha256:dddad92b554513a31f272570678ba307fb9f618f05e3d4a5eacafff9eae03e1d \\
    --hash=sha256:df423d40ee8654634421812bc3b196da3f9bd7d32929da813f8394c4348a5358 \\
    --hash=sha256:df913725b79db7bcf03448f36b7bf8815363417d5b58deecf9305e3e30f0f21a \\
    --hash=sha256:e0bcb7e0f677f543555d2adff3bf19c05f66cdb4796e5ff602442ab2fe3c4ef7 \\
    --hash=sha256:e2d65b31f36619cda3999b78b2aa9632e76b78448e7a56fc4240824200e7c4fc \\
    --hash=sha256:e6e8cff14d6fb0be70a09c0bdc58096f501952d04624ebf867e0e56da2df8960 \\
    --hash=sha256:f16c709686a78c727bbbf059f92b0bf41c6fc60deec706d2dc19f529175a6125 \\
    --hash=sha256:f24fb43132a4c6b4cb4eb029492919b2db645be6808d738f244fd146c03c32cb \\
    --hash=sha256:f53e442b08449d42821fa4a4fba000095af9f62742a500f978a9f557ec44339a \\
    --hash=sha256:f5cfbc5fe74540d335175b656c725d74d90e3730c626d92575eea35029d9afaa \\
    --hash=sha256:f81b3b8f3d4e343550fa4baa0e479bba9f2d29ce9c2e9b51d1ce1718d7442fcf \\
    --hash=sha256:f8ec5e643a9a937f64e1999eb9f75d072263751912dc5cd06d3c85f8f44be7c3 \\
    --hash=sha256:fb92203a88b3d3053034db775110081c49d28be6551923805e039924093761e4 \\
    --hash=sha256:fcd22650c908d7b7da162bbfaab594a1227a15d1643a98c68b122ac642fa2264
    # via cryptography
charset-normalizer==3.5.2 \\
    --hash=sha256:01077390b03f7988f11d700a2194e69b119741a86b1a638b1db88891e3eced8e \\
    --hash=sha256:01b0c0d2262a9e28e8484a278c7e1b5d650e3ac8cf2683d2967e25899f208bdf \\
    --hash=sha256:04851f73ae72b8413dddadb16a49dfee95263553741fd42d546f7d66907e6be5 \\
    --hash=sha256:0521c5665880b33d603717defa76c094048900010897909952397feb3039da56 \\
    --hash=sha256:0774bf9bf620249fee3e0b8b9fd3065de213be30f3aa94ce2494b3b638949e26 \\
    --hash=sha256:0891b9d3903c5571c03771ca669a4b0ec5618ca722a5c957d3d29cd4e5062848 \\
    --hash=sha256:0c951d5e6dd9c2ff60609476752bee49da4206adde960ebc247766937f72e718 \\
    --hash=sha256:0fed1d06615f022ee3b13caf5e8b180cfea32bb2c5aded8a9d44277afc040f93 \\
    --hash=sha256:114e4d0c92d618409ed82a99e22b5c5e768fe995f2973f78265f4524f49d4640 \\
    --hash=sha256:11912e4bb14baae7c5d8791aa55ba0a3a03ec6729073307b0f57270abaa713d3 \\
    --hash=sha256:11a4d68a6ecda3292cb1e50239e111543ba5d709bb62a6b4ea1afcfa729d8875 \\
    --hash=sha256:124fbf1a8ff966d87ae05bb8bd45a71f966055ed8bba320d0c7cf450bc5f4d0e \\
    --hash=sha256:1461ac396c4fdb983a675f20aa555624f0ee18ac83d832b9244ffff3d8055275 \\
    --hash=sha256:1503bccbeb36d5527790c3930327704c39af22de3112f1b1666a9f3ce15ee204 \\
    --hash=sha256:15bb4005af6320d259dc7593ca84a38d7fe06a421dbcf7b910ae23979101e787 \\
    --hash=sha256:15c44f7edfd477b06f517a5cc317fc1707edb9de2c865f43d4b6513907473234 \\
    --hash=sha256:16fa0eccf81304b79c5cd87f9271c3b85dd9dd99245e4422ae9c0dd45e0f99d3 \\
    --hash=sha256:183b88127acdb4fabe59d951ab424faf1af7b63cdbb5f776186c1ea2ffcaed98 \\
    --hash=sha256:195c26fb65950f8fce54e26349852b7bdd7c5f120aeefbcc440b8a20faaed4a3 \\
    --hash=sha256:1afb975bd5d68d5ce9f6b6d44fdf2f7e34b895a35e95708a7a91b20a3b51d187 \\
    --hash=sha256:1b4cbc7c3491ccb4aa17fcd8165649d01cf39f76de1696da8631b5f71b85401d \\
    --hash=sha256:1bc0baf5ef96b6ede57d47f4b8fe4d9d84019c3bfcbeb20a41edc6a6ee341f1f \\
    --hash=sha256:1c50fe28bbc2ced33386f298650d91218076c05420e6cbd790b913adc41659e7 \\
    --hash=sha256:1db38f4c5496827c1a501846d64d14c3b80c7e6714e406cd7dc36a9899fa1011 \\
    --hash=sha256:211d5a3eb6af8f513b8d4ca19a8c1b7accab1b5f0d3175f9826b03c1a920dc1f \\
    --hash=sha256:23851fb4e1b85ed3f6c2a27b777cdfe2e19fb5b38429a8faf38c7542b7665869 \\
    --hash=sha256:254eb48b9fa5ee9898a3c445825a1f340fe53712a098904b39b0bddba8ea3cb1 \\
    --hash=sha256:2625388c6c754520c37abaf3b41eb34d1cc4a373f457898f08606c8e362b891d \\
    --hash=sha256:281cb91036248400f4cc957495cccd44c275c2e0c5854f7e45ac5cf7dc193847 \\
    --hash=sha256:28a15fdad492a99b6eccfaaed66ef3f74050680545ea61ec8b2f4c538f1f1320 \\
    --hash=sha256:28b4f0d66fb834ff90f28209ac7bce77868c45d8c93e26f906709d9b7c2e1af9 \\
    --hash=sha256:2a925889534b3748302dae5dead07cc13480de1dac3aea80a941b729b471ef93 \\
    --hash=sha256:2b7b3bbfb4fe8ef40600792d762fbaa9057559f9d3fad209525b7a22b99e91fd \\
    --hash=sha256:2c9ad19a6cfcd5ea5c0d41161d22f9df1dcc277e9bef2751391334546a314c00 \\
    --hash=sha256:2cc961b171b3f3440f410489ab3573e86aea8736134ebbb40ea1338b7f0831bc \\
    --hash=sha256:2ce45c6627b22c47e390bc91a41c3d13032192e699fa0bea96e9671b373d69b0 \\
    --hash=sha256:2e06a3a98f916dd41d27f3105e02e7a40181c98c94b9158733d03a6f80506c09 \\
    --hash=sha256:304d5463e65a35d7bb0850550e0780395395f6fcf452f04db7d5ca7cecc425ac \\
    --hash=sha256:304d8e4d493af723536393eee0c689eb7813f4a474c8b479dee63f1fdd98f621 \\
    --hash=sha256:30fcd120b732aa79317f08dee04d7de0847822e4cf7ee0e9f445bb958832252c \\
    --hash=sha256:31f3930700408d211f13378ccbe1c40845d8da54bd0681fac3a9b5aae81c7aa8 \\
    --hash=sha256:34276fd796040bf0993ab33a369aa572e6979c7aab225a88893667ad8eac8f7a \\
    --hash=sha256:355ad8011081dec5412240c087a9a0c9d4d5039f3ed11a3f13e18c2b29b56c51 \\
    --hash=sha256:38a873987f3be698494da8b2e3085e29da02da7b633dce73e79c699a113d7bf0 \\
    --hash=sha256:39de2a259fc954455c57274dc94c79d5842774e1247a016aff30bc0efed0f4ef \\
    --hash=sha256:3d14b50de6bf4d0edf857a9386836846f982b8f524e188e2e68b96d702bcf4aa \\
    --hash=sha256:3d21b8b13c7592db2ac5e544a6d83187b995257472b0c9e8351b6d507ae37ed6 \\
    --hash=sha256:3d31298449090ab8d47b7b1b2a555ff73cac7ed438a08b7ac160980c7ebed649 \\
    --hash=sha256:3ddacd27458c45bdacd6bd6db644bfb730efbf9e830310186e3045c9c5be8fb2 \\
    --hash=sha256:3df041de8887954562c9b261cba85ca0e9ded74048daf125f45edcfaa4832229 \\
    --hash=sha256:40ab6bffa02ae10a0581e6c198be7d2d8ca5c2a0c64e4ed3465d766df457573e \\
    --hash=sha256:4275811936e2f06feff5e598fb42a1b7ae852da8e39605211892b56b81a34efd \\
    --hash=sha256:443eae2bf318abeaf6f15d785138f71fd6de770e99a92158b8b814265e079115 \\
    --hash=sha256:447441e76ec720b15e64418d32e092297340387053047c7c694f579efb0ee1d9 \\
    --hash=sha256:4495c5002a7b28557e7e222e77e0b661183e432b7d6d2e788101e3f240e05b8c \\
    --hash=sha256:44bd4fbb29dfbeba60e7d2bd000c59e4b21ddb3cc53912b14048d37092706d7c \\
    --hash=sha256:4685902cf26edf013ed7a3da0f426ebba7a00ebb9541386d835afbf002c11cab \\
    --hash=sha256:498dc3188ca05a68231ac3fdbfc7f57eb67e1343c30e0fea17f8218c1599b253 \\
    --hash=sha256:4c2b5031f63e331e3839b40aed2dd6f191e9c07edbde303e7876846ea1946995 \\
    --hash=sha256:4d48f2d08b9de5864e2c8744d4461b862fb149a18274abc8b698c45975573438 \\
    --hash=sha256:4f87960d57feabfb618e4e0af6e7371645fa26a277860739d6e5d6e0012c92f0 \\
    --hash=sha256:50e3adfb96fc189eb27b1cf62d3b598b89b4bb0420d93a3d3e42e137409011be \\
    --hash=sha256:51cf45226a9b588d0d2b4880c62d686934b63ab0bd79ca23ab0e9762eb27441b \\
    --hash=sha256:52aa6992700996af31f375de0c6bacd402b0097fe40b53c426b9f51a90ebabc7 \\
    --hash=sha256:55ea99acb17b9325618de155a0cd6a2e8f5d10be008113e1d433bbb58db543b2 \\
    --hash=sha256:56bc200a365efb37383b7852e4cc5898d3b2da5987289b543956cf8cad71018a \\
    --hash=sha256:588461c2e8384d309bd63e5826019b6977bc66d629b99ac8737bb795d7b2cb5a \\
    --hash=sha256:58ca3755ee7ff7f59b57789ec9833c9de9ea275405cdd240eda1f193112e398a \\
    --hash=sha256:58f361dcbab699cf8f42db3f47c8e7fd1036f138c23a5d08de9fde5f425a730c \\
    --hash=sha256:598a11a2c7ebaa5334bf698bf29568c9c390abac6a154d8170fedecd1cea38c5 \\
    --hash=sha256:59f63901b0031c3136cf64704dcb21de0bbae62ce2c9529bc39d27665463de37 \\
    --hash=sha256:5cde776b7cc66e4f6c99612cea4aa7269aa65863f7a15841b2c264f103822f4e \\
    --hash=sha256:5e2b6b57e9733d39f0c9fd3185efa6b8e29652c4cd8fe94180272cf6ed9a78c4 \\
    --hash=sha256:5fb29fb8cd1a46c27a1bf9613ad5ec2599310d46b4025d9556404a6b6a292800 \\
    --hash=sha256:6045373d5a89a5ec71afde535db987ca28e76dfa276c2d4c818265b375d4b055 \\
    --hash=sha256:619799369eeef6366ed3e8755a5670f4f2f0fb6b30a0fd7264dc0fdc2357058e \\
    --hash=sha256:62588a277bfb59def052abd940703fa35107152bf479781a878617d60faf8fb5 \\
    --hash=sha256:62603db9a7caa0802eaa28c1c46fecd7b3a263a774069c24c3c28c302448721c \\
    --hash=sha256:65cd72beeeca9d3aaea1201e5923859f308f952f9c71de93f06063c79f0f7a3b \\
    --hash=sha256:68eb192d85ab8e5f6ec69c2bc6ac0179fbf04a5ac1569d12fbef74883fe102d0 \\
    --hash=sha256:6bd128f206a7752ae1f2ab6c61bf8a24ba28913a10df8b14c2637b973ff97a80 \\
    --hash=sha256:6be488a102b8cf28d0391d8c4ba7748938ae28b78ad901f8585520fca33ead1a \\
    --hash=sha256:7218e8f32b0956cfcd048fd42d9d5779809745ca1d86113ca56f66e7ae1549c4 \\
    --hash=sha256:7441d755b7ab94f8d4eb3e43ec05482d760842fd263d003a99102d742cd835e2 \\
    --hash=sha256:749e97e1b32313717a565abbe321bc2190bc8b35f1a67e4cdbc7c56c8d8ffe58 \\
    --hash=sha256:75a3ceed0724d625d64b86ca20aba182e4df462e04c2414fc941c0f523f06aac \\
    --hash=sha256:780fbe7cab297b81dad9fb8dc5eb003c0468ffb0d9e5f65068c53a34661a96bc \\
    --hash=sha256:78456a747de8dc58360ffa581f30a002baf5aa28cb262536545e91f113ed7639 \\
    --hash=sha256:7967d08cf06dee78443b874f98c98036f624f3a4e73e11f9f64f5be4d25393cf \\
    --hash=sha256:7a881931aa470808df94a8c380eed2bbbc76cd9dc622310f99665658c821eb6d \\
    --hash=sha256:7dcd882da75ef9adf94903b1e3b9419e8aa8fb4c7396822b834b9ef7fb96954f \\
    --hash=sha256:7e841fb9010836c992c9f12fcbd43a831de93a5f726fc1ccd8ca1d0268c5014c \\
    --hash=sha256:7fdde2c9fd9e3eca40631e024664cf2584272cc8f96308cbe5fdfc930f51d8bc \\
    --hash=sha256:8024d00c3faf3fc0c16e07a69f4405e8eac7cc0ab15f65fe6cf43827c4cf72b4 \\
    --hash=sha256:80d02b6f04e92601a081dd97b23d3128033098bff5d35d392ddcc0476ea11253 \\
    --hash=sha256:838dcc90063569a0448120554591a1d6c4a4ffe11babf048908793154ab86ade \\
    --hash=sha256:849df64e889b2e17230d58410a03dba311a65b163508fd33679b2b737d4b7858 \\
    --hash=sha256:87475fabc8d9996fd9c27debb395e642e8c838d78a00b6e932227a0e06b81e26 \\
    --hash=sha256:87e50a3e7cb90af586b6c5faf23e302a970415ac73bd7bd90a515a04b427ef96 \\
    --hash=sha256:89b53f3cda69831909888e0494f4fa0bcd3537e3e138dabeb620bd6ad946bae8 \\
    --hash=sha256:8a893cc101149f80a653f82062ebc95b34525a2614382e1da5458fe7c6997249 \\
    --hash=sha256:8b2bfab86aa71ae13aa41a6a26aab338e0db2b8bc75434b05aea89e011ff35a4 \\
    --hash=sha256:8d86d6fc60743dc916eb79e2eb1ec4818e21e427731543af40a3021851174a13 \\
    --hash=sha256:915563965d418f986e7e145accc592eae9e1a1be3566ff98a05d7a9ec42a76e1 \\
    --hash=sha256:92888bb3187c5ba50500b00b3b310c9f2c651709d28036077680cb5255450a03 \\
    --hash=sha256:93223adc95033dd47133a46ccfc316a0139176fd79085762e27202ec56018f03 \\
    --hash=sha256:9373ad13ef0d2c0fb761e04e55bfdee5a08b52cef2c882c8fbe9935b1517152e \\
    --hash=sha256:9409a8bf35cf78353942504b24a57de3d75b708997a1e4bd8db71ac8633ce364 \\
    --hash=sha256:9b7f416ff0978e2f2249330527f0ad6fa02f4932e6199692d3b52da2048c19e4 \\
    --hash=sha256:9bde855991b7e362c146535e3136a50bfaffc0487d38b33ca7e5edefc6e23849 \\
    --hash=sha256:9cae88599c7219005d879f98e5ed53341e9a122af585e1091200358a3003d2a0 \\
    --hash=sha256:9cf9b1a857e25c4baceeb3624e92a56df3668f398c4acba74e174d81fb4d1d3a \\
    --hash=sha256:9f56f72050826f63dcee7a7f55b0a77168cb3bfc553fd405e7f8f9ece75a4036 \\
    --hash=sha256:a090bb2c68df85450502e3e20d665e3a5af9c65a84d6508ed477badd49166fd3 \\
    --hash=sha256:a192e2c40070d92c3ccf777e3a5c4ff515573cd2bb7ed0c537fdadbbec5bbf21 \\
    --hash=sha256:a19a731138fc27d5682277d3b9df22855cea1239bce7fcec5f78f42ef2d1f3c3 \\
    --hash=sha256:a66c3bc5ab1f0ff2164fc9965ddd611ff0802173f4b9d24554c563f6ab7e1d6e \\
    --hash=sha256:a815775b6c38d4e0ff7bcffbeba67feded90202bb6a226b8dd35f1c855217413 \\
    --hash=sha256:a89012d6d5476ee112d20d998570ed58df2260a852afb1758809cd6900411d21 \\
    --hash=sha256:ae4f5fea5b8b8ccff88238cc8569303e5ee95efae67fa62922a311397a71f346 \\
    --hash=sha256:b6856554c4f44d79fc2307d5768854310a8f0096e501c75637542c82292b0429 \\
    --hash=sha256:b6b751274acb69d77b3323d6b7dbaa3c7fdfc1eb829b7eb61d262f32e1af9685 \\
    --hash=sha256:b736353c0a625bbd5fcec108576e2385db3496f4f771f785ff32e108d3c3bc45 \\
    --hash=sha256:b7fd005a73d9e657273b7a10dc71a9e03c8fb9ee6999798d6918ce095b81ac7f \\
    --hash=sha256:b91363207bd9dc966a691e959bb47f64b30f7ac4b072be9968b366982f7db77c \\
    --hash=sha256:ba0b1d2620edf869789c3879223f52bf2afc5d31b3cb47cc57b3a12c05e2aa9d \\
    --hash=sha256:bbbfc8e28816f19d7c0f1816664980c0a9875d01b27cdf8eedddb639d9e108ad \\
    --hash=sha256:bd16aabe4a02a297c23417aa17ac6299dbd8c49f673bcd645b4929b11f5a4400 \\
    --hash=sha256:c0afc6800ba57ccc350374c5bd6150419915d95ce93cdbab2d783d75eaf30ecb \\
    --hash=sha256:c6708715abcf3c73b99508253e961a9967f02fe536532834149574eda6de0d1c \\
    --hash=sha256:c7c9ab723cde841fefb34efbad91e87f00a674b1fe1cd0784fde742bf2c154dc \\
    --hash=sha256:c8f3d67aeaf55f017982b73683f0e7342ba2f6635a78f69ce89ebb26aa411e5c \\
    --hash=sha256:c9790464842f85f437dbbb54417eda1e0e6bfc52dd8d22d6fd1c994b73b2dc74 \\
    --hash=sha256:ca403d7e4798f525fdfc78e258820419cbbd0f0ecbab9de7840e3c017cf6b8cf \\
    --hash=sha256:d008d90a7f2471519aef0c90dfbe73b3e6e4d5e66ac48e19154c17e89e98b604 \\
    --hash=sha256:d19fbd981a488e22cd04883659ca6b08f50b5974f9fd7c95655ef6a043e5893f \\
    --hash=sha256:d1befeed746d247c81127bb14de9dc3d30edb6e5976d34f83f86ed262b1d9105 \\
    --hash=sha256:d2374b62878abb00cd8309b32af6c0b715cd02dec0ca74ef12e5069bdc64144a \\
    --hash=sha256:d376bbd28b3a8999db1a103b3b388aee6f1ddeb3e51bc2172993efdcd86e064d \\
    --hash=sha256:d4a7319f304a774bed22115bc891618e45f85065ab44ea6acd07d274e750519a \\
    --hash=sha256:d6734d2ef8a50fbf8445c139477da401f50d62a0606bf00e20ec6d87773fefb1 \\
    --hash=sha256:d760fe2a4d7c3b226cb9026d6a842868d52a7901bd98420e1baf14e80da85cf5 \\
    --hash=sha256:d913de495d90407cd859d263bee2e5d1a4ed3eb6573c04e70d9ec619a7cbed7f \\
    --hash=sha256:db19d07e2e0129e974a0e65d0064fc222a446cd5122c2fd4184d2af9fc734a9e \\
    --hash=sha256:dca9ab98072a5a54ebacebdc45f53e645336b320c667410b061be1ca588ae709 \\
    --hash=sha256:ddc7dacc8ece3a182e7f15cb862d1fd616b46d076cb1ae9dd232b2c38b655874 \\
    --hash=sha256:ddf19c062bea7a0cc80f519243d2c01dd091be0cf952a0750d4ad576709559f5 \\
    --hash=sha256:def79fa35ef0cef8d2accec024f4fdc7ead3012ff02f5215c783f39f03ef8cfc \\
    --hash=sha256:df29a0a7107f7011e77f4eebdddec4c7331e24d787a0b21a46d63bdf7445da95 \\
    --hash=sha256:e09a3942ecbdee5cce73ea9d42da82b81b72ac1bf031ce069b93b5adf4eac8cd \\
    --hash=sha256:e242bb1c5e76e97dfa9e7f209a71e93a01d7f19ffdd5cfbb2e2d55b4f08f8ab0 \\
    --hash=sha256:e243bd13217235fc7290c621941c3f5cc8b66e4872495be821d7436ba2fb838d \\
    --hash=sha256:e2af3aad578aa6bd1384bcf4750fc285e5a9de53f40b7d41e5a0bf748edeb2b3 \\
    --hash=sha256:e4e81e09c1578b8df602e3db08b0b3ea0a6947ad612f52bf8dc5ea8d47691f0c \\
    --hash=sha256:e54da4baf05720032d527874d40b65fa4d7e5c6c6a43d0c3adbeffcaf275a2b3 \\
    --hash=sha256:e80e6c2f55656b4824d72065abb4ddd6a525c74bd78a0aab5d9fc2cf4fb5af50 \\
    --hash=sha256:ed2a239c0ea213acc1908150a3037257083c7c083128f1a4cec2ec4b97dca491 \\
    --hash=sha256:ed905975ab14056a2e5eb1c376cb2e1ebc5396baf84163939c518556fccde9f5 \\
    --hash=sha256:ee21e28f0430bd6dc9086c6e525d5e818a44a5ad19720c8a0ef766792f3eb5e5 \\
    --hash=sha256:ee43c17b173d46a3212baa6ead3ae258eeabdae48c263a01ccf0218c366dd655 \\
    --hash=sha256:ef4fcbf3327382cd4c9f540babd61248208af7b93eec4de397b4d5f58a09e288 \\
    --hash=sha256:eff0ac9dbe711a4aee69bf04a83896aa9b85f19641264053a9f6d48573abb7dd \\
    --hash=sha256:f0aa869112ef88429ae17820d99c3dd9504c9e9c671d3c246f3d7442cb051084 \\
    --hash=sha256:f3c96f633825733f735c5a9cf21d21a257d8e1edf0b1cee0a064b9c424ca0f7d \\
    --hash=sha256:f5833ad231be5eb6553de524a70f48d71b2c8563101750531e0b80184e175cd4 \\
    --hash=sha256:f5ec61164adcec446f8969a3358ec3f9b26bbda3b9213e5586d219afa8df2915 \\
    --hash=sha256:f7d486c83842422badd511868fd8a9a20e9407ace71564b6af47ce7e60a336c1 \\
    --hash=sha256:fb9e68df06293761f9fe66ade60a9bc6d0f5e42b8acf2939a9158af86ab0e5bd \\
    --hash=sha256:fc14a032f813bf5fe624d991960ea83e9715adc27e4c1830a2361eb1d02ac341 \\
    --hash=sha256:fcff63213e8e6e47770541a4607175404f47cbb3ebea7b6058cc82d524a0e424 \\
    --hash=sha256:fd1fbe0f116b6e55da77aca2c6ddcddcfac2186cbf78bdebf40fc156efca389d \\
    --hash=sha256:fe9753dfee015c570d73df76f899f18444d41388bffcde097deba51c4fadbb9f
    # via requests
cryptography==48.0.1 ; platform_machine == 'x86_64' and sys_platform == 'darwin' \\
    --hash=sha256:08a597acce1ff37f347400087776599e2348a3a8bc53b44120e463cd274efe4a \\
    --hash=sha256:09f73a725d582cef64b91281a322cd798d14a33b2b6f2b7ad9531dc336d84c02 \\
    --hash=sha256:0df56b056bc17c1b7d6821dfa65216e62bd232d8ab05eb3db44e71d235651471 \\
    --hash=sha256:0ee6ea481db1ab889cba043ec1eda17bb9c1ea79db6722f779c3667f9f70322f \\
    --hash=sha256:15254441469dd6bf027039453288e2072124f8b6603563f5d759e1c9b69273fa \\
    --hash=sha256:266f4ee051abb2f725b74ef8072b521ce1feacf685a3364fa6a6b45548db791a \\
    --hash=sha256:2c37f2461406063b417837f5f3daab668652acd82423efcd7f0a9f04be972de1 \\
    --hash=sha256:32143b24adb918f078134e1e230f1eb8cc04886b92c28b5f0041aaf3e5699225 \\
    --hash=sha256:33842cf0888951cef5bc7ac724ab844a42044c1727b967b7f8997289a0464f92 \\
    --hash=sha256:3752f2dbc8f07a30aad2932c986cea495b03bb554887828225da104f732852b6 \\
    --hash=sha256:39489bfca54c7a1f6b297efcd8bc608ab92d16c4ca631b0cad4da46724588b24 \\
    --hash=sha256:3e4a1a3232eef2e6c732827d5722db29a0cc8b27af2a4d865b094cf954be9ca1 \\
    --hash=sha256:3fd2ca57062b241c856670b073487d2e86c4637937ca5601e48f97bf8e11fc8f \\
    --hash=sha256:42fcd8e26fe555d9b3577a135f5091fefa0aa4e99129c23fb56787a1bd4ada72 \\
    --hash=sha256:43c5835e2cb98c8733d86f57d6fc879b613f5c3478607281c3e36daffc6dd8a6 \\
    --hash=sha256:48fe40804d4caa2288f24e70ca8c64c42dd826da0ad7e4f1b41b2128d679e6c8 \\
    --hash=sha256:4ab0a343c807bbcd90c971cd1ecf072937cd01847a9e002bef88fb47ac6be577 \\
    --hash=sha256:4fdc69f8e4316bcf0c8c8ec1f26f285d12e8142d88d96c876a59a03be3f6ae67 \\
    --hash=sha256:6184ca7b174f28d7c703f1290d4b297217c45355f77a98f67e9b7f14549ac54a \\
    --hash=sha256:66fd0771e7b9c6dcd44cf1120690d2338d16d72795cf40cae2786a39eba65429 \\
    --hash=sha256:6b2c0c3e6ccf3ade7750f836ef3ee36eea250cc467d45c256895573ac08cc6f1 \\
    --hash=sha256:735824ec41b7f74a7c45fb1591349333e4c696cb6c044e5f46356e560143e4cd \\
    --hash=sha256:7e234ac052af99f2700826a5c29ea99d9c1b1f80341cde62d11c8154dc8e0bd9 \\
    --hash=sha256:869c3b8a53bfe27147832df48b32adadf558249d50e76cb3769d40e986b13265 \\
    --hash=sha256:86be3b1b0b6bf09482fb50a979c508d2950ed95f5621ec77f4e385962006b83a \\
    --hash=sha256:86fe77abb1bd87afb251d4d02ada7ecf53a32cee9b67d976abb2e45a13297475 \\
    --hash=sha256:88c852a0ae366e262e5a1744b685e6a433dc8788dd2a277e418bf4904203609d \\
    --hash=sha256:8ace4507d1e6533c125f4fac754f8bb8b6a74c08e92179dabd7e16571a3efbf3 \\
    --hash=sha256:92a46e1d638daa264ba2971c0b0489c9409787943efae4d60ffda3d091ef832c \\
    --hash=sha256:9621de99d2da096006b629979efd8ae7eb2d8b822488d0c89ee4000c306c59b1 \\
    --hash=sha256:9a49ca6c81417f6a5edb50375a60cccdd70fa0a91a5211829dbea74eba94d2ac \\
    --hash=sha256:9bd3f92d76217892b15df84ca256c2c113d386fdda7a7d8691aeeced976507c6 \\
    --hash=sha256:9de21387aa95e2a895823d0745b430bed4f33503ba9ab5e0b5311f33e37d66d2 \\
    --hash=sha256:b024e784ad6c077ee0147b35ea9cbfc1e34e1fd4c1dcca214c2794d73a12df08 \\
    --hash=sha256:b4e391975f038e66432328639620a4aff2d307513b004f1ca06d6225bced815c \\
    --hash=sha256:b74ca3b8e5ecdd833bf6a002ca41b4793bb27fb8f1c06ffaf2643c9e9140e31b \\
    --hash=sha256:b7a2d1a937a738a881737cec135a38bb61470589b17515b9f73f571d0ae10401 \\
    --hash=sha256:b9a32b876490d66c8bcc9963ef220199569748434ab01a9d6aaeabf88e7f5158 \\
    --hash=sha256:bd81490cd5801d755cf97bb68ac191f14b708470b1c7cf4580f669b9c9264cd8 \\
    --hash=sha256:c1400da5e32a43253392277eac7490a60e497d810a63dd5608d71bbd7af507c9 \\
    --hash=sha256:d069066deead00ac7f090be101be875a06855908f7ec004c27b8fefb4acfb411 \\
    --hash=sha256:d5d30989c6917b478b5817902e85fddaea2261efa8648383d965381ccb9e1ac4 \\
    --hash=sha256:df637c05205ea7c1d7fbcbe54bbfea648a52951155f997af13d895d0ecc96991 \\
    --hash=sha256:e361afba8918070d376df76f408a4f67fec0ee9cff81a99e48fe9a233ef59e17 \\
    --hash=sha256:eb86ce1af36fe65041b6db9a8bb064ee621a7e5fded0f80d475ec243477cd242 \\
    --hash=sha256:f0d27a5696721ef7a672b8c810f6aded391058e0b9486e63e6d93baf765da691 \\
    --hash=sha256:f2ceef93cb096aa3c4cc4b5c94ca6131f9196d28c64d6111533402a9b2054d41 \\
    --hash=sha256:f817adc181390bd54f2f700107a7419040fb7c1bdf2fc26f36551a06a68c3345 \\
    --hash=sha256:fe0180af5bf9236518a087e35bf2d9a347d5f5f51e63c579d683ddff424e3d46
    # via
    #   td-gcp (pyproject.toml)
    #   google-auth
    #   pyjwt
cryptography==50.0.2 ; platform_machine != 'x86_64' or sys_platform != 'darwin' \\
    --hash=sha256:0ddc924c04591c2811ca024d62ecad4f7f6f08af8939c211438f48a16bd23602 \\
    --hash=sha256:0ec5f09541743261e66e291b4a0cbf0fb2997aeaab6d9e9c740b9dba1b58d1c2 \\
    --hash=sha256:0ecbc5652bdb6fc9eaf89a7d196e20941adfe812f43bc4ca05d9150496821047 \\
    --hash=sha256:1981f1db4630889b9ef7803fadef12b056f428cb6b85c27ba57b774793b6093c \\
    --hash=sha256:1ba34f04897fcdaa73f74145c25f3ec146fbd56593853e88adc2e811303c5f42 \\
    --hash=sha256:241449bf940a5d27309bd317e6f9a2af6932113818bb2b8f5c59ddc7ef16da18 \\
    --hash=sha256:25784ce8b9621c90c643efb9e1e2162ab3b0224cae446ad5e70e7fcb1ce18b51 \\
    --hash=sha256:3dc4fd8058cea1644971207d530e1a03a184a805ffc8ebdddf0599d78a331b81 \\
    --hash=sha256:4061c0079120205fb760c58acab6443e217307dcf05e3702cf970e0689972856 \\
    --hash=sha256:4a20ce1e5cb4284a86692fdcba7cb8754185c6b2e5c56fcef3751cf451d3cdc2 \\
    --hash=sha256:4e81d95e5bafc2d6e34e4bed780e53e4d5b9a2f928573428aa4d35fbec1eb0de \\
    --hash=sha256:58a0c478eeca76fe5e07993c5a0703def34a6dc6a0cda4f5564639b33112ffe7 \\
    --hash=sha256:58ddb5a8e3179d12f19e4ea34d2d32e9d63a4baa142c875c1eb59f41b7243acd \\
    --hash=sha256:630ebfea3bf689d075f82316324ff7433dc447fe6bc1bfc76524b74b4a9567d2 \\
    --hash=sha256:6f8700550aa1474a91e5dc07049c46f98b423b5b1ddd0483e0b51362eeeaf5be \\
    --hash=sha256:78198641e5be9521beea5aa782bb551a58068d10e6eb04c9c680c1b69f2e7d45 \\
    --hash=sha256:79def8d059362e7831389ed3be0ecdf58a89386e1271e35dd9f5af84e81bffd0 \\
    --hash=sha256:7a8701d6b584d76e909e3d305b7d126b41439876a5aaf76cddc67fc230eafa2e \\
    --hash=sha256:7afa5a6602a9f29af1f3a2965f831bae7c9d5d597b7cbb716d41ab3b7d89879c \\
    --hash=sha256:7b46165bb56eb4704e2eaaf86f3c940d19154535d9b0ca7d6d590b04060e00d5 \\
    --hash=sha256:7b75de3c8b3be1cdb1052747c929440c3eea46c1bc2cb8a6e3a48388e9b7b452 \\
    --hash=sha256:7c6d0330c472d96f6a6afe24d80dfdf15176c33096f0a4397ae4c60f3dd3be48 \\
    --hash=sha256:828d49b0ff5a0e3975865571c5d91dbbdd0d38d8289b249a163e9425413a5e05 \\
    --hash=sha256:84f964e537f916e2cc85199e5a88742e964939b575ac8598b3f9d6cc416cdaf1 \\
    --hash=sha256:85d0d9a31b9098e98534226d5686b47264b95e62ce459dc2e62fdfc809f9fe93 \\
    --hash=sha256:87e9ce85beb6b328ba370cc6e6aea483c92617b4c95b1d33a49297eb662bfb04 \\
    --hash=sha256:8c71ba2cd31fc93748c38e1b613200ff1c2665cbfd5341fe3a61cfde35a1430e \\
    --hash=sha256:92e665960f25fcdc73725b9cec7a3824f279ba97a98653afe9ffac2e43668f67 \\
    --hash=sha256:94e5e9f108ee10471288214d3d233fbfbb492840a8457eb85178d643ddeb32c7 \\
    --hash=sha256:9c8402a82ea0dc4ceeab793db05f0fafa8ca139ca34fcde5df0f596103c74107 \\
    --hash=sha256:9dab55f57c74c3cad24c323bacbbd04be4705ba6eb0d92e920b1fc4837ed5079 \\
    --hash=sha256:a582ab2ae1d34f67112cadc86702774c9ea4374df6bca6afe672817203c99134 \\
    --hash=sha256:a6557e5f38e065ca9fbdaf7cfc7435ecb1d113aa81a022d1b51921ee7432e227 \\
    --hash=sha256:a9f7355e6fab51f6c369b86fb7571cffa05edee2c2121e0380a37fb9ac1cd5c1 \\
    --hash=sha256:ab50ee449bf968271e820086f10a33d101dd060370abc10bcd22279be2656539 \\
    --hash=sha256:ac9ed99d81760c62fe89d5f0815cdfa1ba9a35141cf30f1c2d044f04b4803d2e \\
    --hash=sha256:b13478603dcd0a2479ff8e87e2c19a7d525734686fe3c49542472293a204212d \\
    --hash=sha256:c423ab384a46c4dff7217b2ea5ba2e11cffdeab6441acd04cf65a369caf0366c \\
    --hash=sha256:c5e67125c7dca78d199ec4e116aa93dbb83494808ecbb8211a2cb09b1bf41dbd \\
    --hash=sha256:c71be1cbfa5cd9a41ee452acf1eccd82b2c05950358b106ec8ceb83411d1a020 \\
    --hash=sha256:cbc8738fd8526d80f35cb3a40d41f41a2e7030bb3b18b09a6778ef63d291c2fd \\
    --hash=sha256:ce47f66801c20ec6c6632453bb5960fe38939e9306970b48b3a5a26de7745d94 \\
    --hash=sha256:d370b8d1dfcdf7130178137f6fbee6140774a1acc6cacefc4b42643ec11d0a3a \\
    --hash=sha256:d38cdff612d06fa6a32840d5e1b1f7a27cee4a349aa9085d94a67789d6bfd408 \\
    --hash=sha256:d8947001be83df1394050758ce0e745dd74fb134eef0a4b5124208dfc3a68c37 \\
    --hash=sha256:deb9fde5c60e437ee4821bc9bc39ff31b42135c27e1dc61ef0a629389c1de62e \\
    --hash=sha256:dfe9763530994147d9af1def057a5b9658b00e8f8fe8743d144d1e0911c2e454 \\
    --hash=sha256:e105ab60406787da31fccc883fc0f733af1efd78f0136a4599692c4083a73d0c \\
    --hash=sha256:e275096ea1e60cc595cda2836fd4a6c725d1125108b868be17f53684d164e2cc \\
    --hash=sha256:edc3342adf8f697fc5f59c887a304356f147b397809440ed64e2fa6af2f50f37 \\
    --hash=sha256:ee247f5c245c9a2fe7c8e2214e295918838e44e00a45a6718451e4004219e767 \\
    --hash=sha256:eef4c2f3423810b3070ab391f85436d2f8bbfcb286ac15cbc73190b3563b1f1a \\
    --hash=sha256:f21e8a22c8605750c7af886bab299a363721264061b4ac0a30efb73cfd58efc5 \\
    --hash=sha256:f265528741e048bce55c3463ed721fb0aa45a5888d8add8cfeccb3035451bbdc \\
    --hash=sha256:f2f9bd7f90c64fe89253f0a2c05e3c4856072660429ce8831b4235bf29403a67 \\
    --hash=sha256:f785f6161f202ab04d8ca194158968798e480ca058943907972da5f12e2881e8 \\
    --hash=sha256:f9f6143a8c75945eb960d9eb98905a441394abfa24afaae239d514ffb2586480 \\
    --hash=sha256:fa8f5efb344d6908a1ce62f4a24e2e5780f825d6f53f5f50ec5ffacac72936cb \\
    --hash=sha256:fdd28f912fccfec1846a94e2e1e8f9b0012f557f0c46fe4f3eb0d7a87afcf90b
    # via
    #   td-gcp (pyproject.toml)
    #   google-auth
    #   pyjwt
firebase-admin==7.7.0 \\
    --hash=sha256:0a341ebbd1f80301fa11034f5e86ab0d0f00dde19253d2ee50cf98be2a7a2f33 \\
    --hash=sha256:2e823cc1d2c8b74f41346fb33298b2e01fc8ad208ea144cd099938c32367f169
    # via td-gcp (pyproject.toml)
google-api-core==2.44.0 \\
    --hash=sha256:5ab9a396965c1227d7dea4581e562b7018aa2bca96d2de0be5eb70dc9c8ab3a1 \\
    --hash=sha256:8cb9ad8af28de9bc75121686d69b697ce0937e21fad2ad80c9a7e89f22b26e1f
    # via
    #   firebase-admin
    #   google-cloud-core
    #   google-cloud-firestore
    #   google-cloud-storage
google-auth==2.62.2 \\
    --hash=sha256:046c61a72d3a847d6df6417a7f0d5cf054e3b82bbcb54fb1e69d47880964049c \\
    --hash=sha256:e9bcdb0679b6a4369ac327c5c59f06d92f7b4cd2624e7100294c14632f55a36b
    # via
    #   google-api-core
    #   google-cloud-core
    #   google-cloud-firestore
    #   google-cloud-storage
google-cloud-core==2.8.0 \\
    --hash=sha256:365f8e4518ae81c8101b8dea5fc1c32a960badedb8b511f19db2843cbbd285d2 \\
    --hash=sha256:e235b0952f7ffe7b9c71a4cf96b506d9cfb557e22557c412f0df9b7068b5d007
    # via
    #   google-cloud-firestore
    #   google-cloud-storage
google-cloud-firestore==2.34.1 \\
    --hash=sha256:6279f049336e49181e8c1d2dbf14e9c0cfb75ddf03c70971adc88fb272cdae29 \\
    --hash=sha256:d403b12375e4f68176bb638451417330a7a66d11c9cace98f7778109b884d9ab
    # via
    #   td-gcp (pyproject.toml)
    #   firebase-admin
google-cloud-storage==3.17.1 \\
    --hash=sha256:287c7919d7bcda710eae6f6b60c756e89140475d9a4daec01b6174e737488ca8 \\
    --hash=sha256:b24df37900f5e0a93518bd7d3a2a7b7b48d8a1e72add8eb57d53a38b8b2b0640
    # via
    #   td-gcp (pyproject.toml)
    #   firebase-admin
google-crc32c==1.9.0 \\
    --hash=sha256:0568b17ed90ac596f29400d99e243fd0cc6276766183def888d1bf8d1dc13827 \\
    --hash=sha256:0abe7e202c25909869c35672ab0f2fe748a7acf276eb78577332a7c38999740f \\
    --hash=sha256:13179f7e3282617923e957b8e54b8f9c3968030f48640a9f47fd7c5c38c4a215 \\
    --hash=sha256:16865b477d7941712cb0e0aad8ad4815e984fb5fc16d3fdaef7d986e26e53c95 \\
    --hash=sha256:265233aff33d835f5b909584fe36ab29647b598c271b661a300001099109e53e \\
    --hash=sha256:280f3a3e47af0eeba3a3e5aa7d311af77001812b8df80fb8beafcd0b40eaf7f1 \\
    --hash=sha256:3abb18297d9ef0ab120531838be0e6d68c9fa876570e11c229c48f2edac23ce7 \\
    --hash=sha256:43a2dc26f9be213fbe0b4fc4a1088c5d45cbfcb3247420ccc820f0fc3edeea86 \\
    --hash=sha256:4488f1553a9ab7e86cdedc833374a7e904031803b995dc0bd0be48c271fa6556 \\
    --hash=sha256:457d0d9a4718fd52b1494eac5c200ad25beeadbdc91843d550a003910838589f \\
    --hash=sha256:51cb4e23a38ad4f495f35f87c233ca3ea6b9c4559e7ac383cdef786fab0f7977 \\
    --hash=sha256:53fdafef58e230d0c946ab5f8446d123d9f548230a73b29c8b41c9546f268bc1 \\
    --hash=sha256:56610f548f1b35c9568b9d1de30423480f505dae4991556072d5802820ff35c4 \\
    --hash=sha256:5695c8b9327e040b2aba12c6659b0acb5995314ef0af0192da66e662e011103b \\
    --hash=sha256:6a3b2c8a343c570ed8100a7627c20badfd92c6caa2067093a86be45af27f5b1b \\
    --hash=sha256:7b8c84c3d159ab6817fe3f74e6e6cef099c3f95dcec3abc0d8afb1404642efbe \\
    --hash=sha256:8535e75dfead304f30e9122b9ea2c0a570dbaa52c176a0a591540c7914c1e46d \\
    --hash=sha256:8583ec21d56b565d68ab2963cc7e21b3b271247c29b04286068255ef65f221bd \\
    --hash=sha256:86764b99e7a607830d93cb5b75e0ec3ff6cb06d3c274624418473cee701900d4 \\
    --hash=sha256:8b91f41645b15a720357183fa5716682ada441873e3c462c15f9714be36f146b \\
    --hash=sha256:af73200fa9791ccd380f3598235dba8d82b8af0905df045b3dc60b59836e8ddd \\
    --hash=sha256:ccfe40021fd6afe23361175cf7551e3cef5fd34dc1ebe319f14993a83579e0eb \\
    --hash=sha256:dee799544cae42a42b17a88e38b59cf2c271051dc001da2117a8ff240ffa0548 \\
    --hash=sha256:e6b529a6a287104ec79d281c411685231200ce954a29c28ab8e5093cb6e130fb \\
    --hash=sha256:e6e8be8a94436079cb5340f6d495d9d7ba30124d8b952703994c739c7c06e236 \\
    --hash=sha256:f1dc17d987ddcc5eba12a7ce48f0eb93141dea236b170c1101151396edf2f0cf \\
    --hash=sha256:f2b64641bca27497b986b9d87883014035aa904cb4fa333407c6752b3afee9ba \\
    --hash=sha256:f894a2877650b56201d26a012a257b76d54a68834dc3913a93830ca8a047b075 \\
    --hash=sha256:f97c3806dcea41c29c04965347b0e12481561b75e0045dc7a4f69d75dec5d9b1 \\
    --hash=sha256:fb63a8d7fa2e95dcff1ca16af2f4d88b526fa5ff72d1696285884ac2d49b6963 \\
    --hash=sha256:fbef61a3794e011c65fb4396a196cf123a7f474fe5a443db8e5dd7d751b9e6d4
    # via
    #   google-cloud-storage
    #   google-resumable-media
google-resumable-media==2.11.0 \\
    --hash=sha256:f43d15e6a7f818f762eaead0f369c551f8275a4179c9d6225d0d259f49b87b5d \\
    --hash=sha256:febd83686752799661b4de575f0b993c5c25c349a5362556fc4d7be164056a37
    # via google-cloud-storage
googleapis-common-protos==1.76.0 \\
    --hash=sha256:59e13344a9f3651aa201a03e2bee815a3bf43a4baf1f9ff8a9b62a840ce25fac \\
    --hash=sha256:71db0e44a1d4c2dd024ebad44ca67129cc1e2892e4861df466764749d5ef8642
    # via
    #   google-api-core
    #   grpcio-status
grpcio==1.85.1 \\
    --hash=sha256:000999ea9bba80217b1625782d638e7a688790f6154e845e18826f7da859bfc7 \\
    --hash=sha256:016982ebd21d2b48e955aa808e9db8d628708a35c6eba852cd0e70765826ab06 \\
    --hash=sha256:07675c635a2da0c772e58ac736a7fb10c7c7c1613157766441e6866ad97d25b4 \\
    --hash=sha256:07bfef5df75875d8481d3403f864785e30096594162e8041c53a84fb11ee4f8e \\
    --hash=sha256:0bde4264ca71aaf3bc56c587380c426b1c959d1db0ab0a3f632bc66515f9726f \\
    --hash=sha256:0e07f477e1d1a05bdbe71d63add964c5457e7ab2e3f5fd32859639ed8ecb976e \\
    --hash=sha256:0fa3d7b8b95e8a609967991c3b0a302b2f9d510fe417efadfa7c7d2d044a99ba \\
    --hash=sha256:1a10d337967ec2be049c6a2345320f6a59f71bf9f54febfd80e5a966cffaa945 \\
    --hash=sha256:1f04e51dc65c82af420f6cd177ea76132a78c14dc7adc3044f549b419bc70487 \\
    --hash=sha256:1f3064e209167e5fcb75a72cbc18918c06027b92b29fa06eaff0126f9a2aab5a \\
    --hash=sha256:2198269c8b69cb1e9d5d20628029245e40b7227d5f6fc6f298a420701d8fb652 \\
    --hash=sha256:2670c03d154f6bec66a0fef97c607116761b032183187dfdfe229b5975820a4f \\
    --hash=sha256:27b519f6594da04cf2dda1378f46811b2b6160d60a01f88a0ec4de009bbbfa46 \\
    --hash=sha256:2a378eb60ea42996be5a8c7167302fb30d968fcfcf9edd7b3fa6c985906c4500 \\
    --hash=sha256:2b20ba567ca818b8393fd4668878b5688cab32a46e8e7a4d1a58641fc0072df9 \\
    --hash=sha256:33ec3a93446906157debed3333462cbcf7c52e16f86b6bbbcae992808f1bed93 \\
    --hash=sha256:39b1965266b579f3758db20d74f9075b130d1b1edcf0464cda316e403a15da9b \\
    --hash=sha256:3bbf7ae798e38eccb1b7abf169d9e228514418da6f68caec69a295fde899ec17 \\
    --hash=sha256:421925365f9a665830eded01b8053033abbc2fbabc9bb4e9c59c3b5b12acbab9 \\
    --hash=sha256:4c684af6972a6c22a049003830e2c78ee8c40623bc8d1106e4b4d2b955549bcd \\
    --hash=sha256:4fbe3213b60b8b40bb17f9997c1afc8ff9f61c4cec0d224d482bf799027f5fc8 \\
    --hash=sha256:5740aedf1e6acde538d7b80a2507eb6ee0b8983c577a36890d27a0e2b62cc1eb \\
    --hash=sha256:58b5ebe509da292bec5a1913c1e4c14d842a33f6cb330a87d3713c5089dd0f55 \\
    --hash=sha256:5f015600190124813032da0560ec950c13c257f77c1307abd77c393c0994f76f \\
    --hash=sha256:5f530287d5de5f7f66089ead81de44f6787162944dab3922efa65dfdff108a1d \\
    --hash=sha256:658a9d89c5736bf4aa3ef4ecbc79528e26d8e23c5e1c83417d2870a1a06063e5 \\
    --hash=sha256:6bb4bbb5cb46010687db552fd88852c405595814fb7d435b072124bd6b93f827 \\
    --hash=sha256:759f7df78954e3ac0ed4c87612eff9125021b9271be37be8c88167aa533e29ee \\
    --hash=sha256:7a09a7e89bbd8dba2bf5dee77bf6d0485120f4cffa209a89cb3dce5575d625b3 \\
    --hash=sha256:7b931335c163510fb054c30007fe3556ef3bf354a1c37b5da403f2e52c6bbd95 \\
    --hash=sha256:7bc5de50374416223bc35332aa8185567ec065f86190ff0ca6e13176ed39a3b4 \\
    --hash=sha256:7cd08bd5ad063ad9639dbebf95d3a6b8c8aa2c9d49049bc0e8f47e73ecf1c1a2 \\
    --hash=sha256:83aced2a1c05648cee0de34e531351118b14c58238f0a61b43559ac8851647a8 \\
    --hash=sha256:83b09ca3f9602caf4f1b4295b4bb002b10477789ff9797feeedc811b9a6be0b7 \\
    --hash=sha256:843aa281a48188621f50880496d35defed51298bcb66d5345d5f282fd3f87354 \\
    --hash=sha256:8a921a98ed6142a29651b4a6f4c7b8e051d115f1e78c31655a9642dcf6356dd9 \\
    --hash=sha256:8ee487b0fff73b2619c08ff09b9d55e8221ce5247984b450d51170705ceedc28 \\
    --hash=sha256:90a7e0f26de39d15f5c741b8848bb2065c9ab7351c57d4fc973ff5cbda0cb9c7 \\
    --hash=sha256:9885436e83eab92dd0d476642baf08a17c55ef2b1db430adcba3e89bb6938a5d \\
    --hash=sha256:9998f03ac0dfed226eead6e93cee1b547d7a32e47e1915dee94eff0e113b167e \\
    --hash=sha256:9db68bebb101a1dc77e21b06ee1f9a1ccc64d108f2b9a38c1716738b7786082c \\
    --hash=sha256:a1a72d19c0ab84b4b73b6c47eeaade76d84b1973a51593ff1160a73df33d03d9 \\
    --hash=sha256:aa41e010b528bc596fc7c3020640a84987a8f3d3c239a93336faa86ca41756a0 \\
    --hash=sha256:b2846c70ed58c8e149e8e5d867af40805a13b151d84157d8272952d711a77c5c \\
    --hash=sha256:b32f39c56d22d2e8722eececd4376074d94e01595a29f4f944ae0b6cea1caa70 \\
    --hash=sha256:b364bc3daa601eb1cb0023e90b1309cbf6da0de6ca40a19f2d5a31edeb9990e3 \\
    --hash=sha256:b3722f4e01820f4d2422679a567fe33f31b6f14eba4352657a1078f4b4ed323e \\
    --hash=sha256:bbc678a2b8d10e0dea666d948f36237e681be3686079564937df689bac386bc5 \\
    --hash=sha256:c17d61af28b322c48ab3881c685e5f6e7e367c56844cf589ee7707be9477b969 \\
    --hash=sha256:c5a914b3a3052d841766946ecd1c6ebdacc8bf166d89a42c83fda70ae8f53aeb \\
    --hash=sha256:c6efed2139eb7e6b7e6724ad1d1e5402a11dc12ae948a0e1f98d5cbbf3a8fbd1 \\
    --hash=sha256:c9a4a4e504bd914e10c0d6190ffac59b9e21f1c962366b72293075ade097793d \\
    --hash=sha256:cfa9bf4daed57dd5bd5fac4be3276f5dc1703f41abf4df0737f4e7952705cbc6 \\
    --hash=sha256:d2a776b113e7bd6d139e679f5da281193d6410cce361e4180c9da0d553e01927 \\
    --hash=sha256:de520b1555ae445cdc4f8f1cc7ccba12a19992bfafa7c292ebe7fe1fe5da6c53 \\
    --hash=sha256:e0e6d5829b50a2ffcfcd2dbf08d02ac0d6919051a2e97c2ee27c99bc9916a245 \\
    --hash=sha256:e117b074d707d418ff411e0ad6fc86e97e83047b742488b41d7a5b7a62953cd3 \\
    --hash=sha256:e768556a2346d1d2921f511f3145e2462e4fe68095c31e4db407558bcd3f1d4f \\
    --hash=sha256:e909e0f9145a555d3968dd2a448616b0d3cb58748b9e2053de3e7974b3e429bc \\
    --hash=sha256:eaad7e6aa9ac3aded4f6bc86a18bf2cff3de356f972bf32a5558df9788085b85 \\
    --hash=sha256:f0ebfbd8ba42497e0ff7229c8c5e166e07c2b348462c1481dbd90faa978ad8af
    # via
    #   google-api-core
    #   google-cloud-firestore
    #   grpcio-status
grpcio-status==1.85.1 \\
    --hash=sha256:3f6ba6090d794b7148b23f03355addd56bee2b78174a12784c4d9b4e28c8928e \\
    --hash=sha256:ef84cb262c7a05fd7c27e61bb70c9f63bce4484ce8b3366585a381fed738fcb0
    # via google-api-core
h11==0.16.0 \\
    --hash=sha256:4e35b956cf45792e4caa5885e69fba00bdbc6ffafbfa020300e549b208ee5ff1 \\
    --hash=sha256:63cf8bbe7522de3bf65932fda1d9c2772064ffb3dae62d55932da54b31cb6c86
    # via httpcore
h2==4.4.1 \\
    --hash=sha256:0e25f1462b23c9cb82d9eb02e28bc706dac2a68cb457c6a0d74d63c8a2a5d0e6 \\
    --hash=sha256:4e866ffb1a869ae14dd9b5e6beb5c24a13da0495ad72b65925ded182521c1516
    # via httpx
hpack==4.2.0 \\
    --hash=sha256:0895cfa3b5531fc65fe439c05eb65144f123bf7a394fcaa56aa423548d8e45c0 \\
    --hash=sha256:858ac0b02280fa582b5080d68db0899c62a80375e0e5413a74970c5e518b6986
    # via h2
httpcore==1.0.9 \\
    --hash=sha256:2d400746a40668fc9dec9810239072b40b4484b640a8c38fd654a024c7a1bf55 \\
    --hash=sha256:6e34463af53fd2ab5d807f399a9b45ea31c3dfa2276f15a2c3f00afff6e176e8
    # via httpx
httpx==0.28.1 \\
    --hash=sha256:75e98c5f16b0f35b567856f597f06ff2270a374470a5c2392242528e3e3e42fc \\
    --hash=sha256:d909fcccc110f8c7faf814ca82a9a4d816bc5a6dbfea25d6591d6985b8ba59ad
    # via firebase-admin
hyperframe==6.1.0 \\
    --hash=sha256:b03380493a519fce58ea5af42e4a42317bf9bd425596f7a0835ffce80f1a42e5 \\
    --hash=sha256:f630908a00854a7adeabd6382b43923a4c4cd4b821fcb527e6ab9e15382a3b08
    # via h2
idna==3.20 \\
    --hash=sha256:a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44 \\
    --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c
    # via
    #   anyio
    #   httpx
    #   requests
msgpack==1.2.4 \\
    --hash=sha256:0221748c30ace75fde0dec8c470abe65fb5374cd4f37adb9db6aca7a3c362c0a \\
    --hash=sha256:0626ea840cce866237c4da08439e9faa9cf79e6e4c62358978ee055961e8cff2 \\
    --hash=sha256:06a0657a4110d563255006b7cb7147432f67827144e429c2cdb1c967548d1817 \\
    --hash=sha256:0a1fd6c31952155b7cd01061288c70303e6554ae855244dfb38a897fd94f8749 \\
    --hash=sha256:0bef691e2a95119cc6bf3ded29325dbd89c4b6f8ff233070431948ed70902421 \\
    --hash=sha256:0c75cfda0d3ccb1f6abc20e0608ad6b226e11f317b5ac297721504d2509e2bd9 \\
    --hash=sha256:0d9ff7f3aaffd84010f1c501b05406a497584f5cab2f732eb9d89bf960e12f6f \\
    --hash=sha256:1095b1ebcc8c9d3e70c51240b7160d8e9da66044e0a45c3ef8403d3a9ef0c5ad \\
    --hash=sha256:112933726919f4239646cca9572e2c2fa5626358c670da8440aac09403100a48 \\
    --hash=sha256:1cdb51af4f8f8d20af66ea9384883bf99b8ddb3cdf05f09eecda921646e15135 \\
    --hash=sha256:23d1459a1d0b4c9f6629df072d592eb74424b3ed3656b69af507bc9023cc027f \\
    --hash=sha256:2444a4e04f924630d059ae6eae8f91fdfcd28ed9fd17b21bacf4e74550a091f7 \\
    --hash=sha256:25e1f2466c4ea0fb9b694a922f75eb92d7ce6262eda8cb8a5dada34fe990d486 \\
    --hash=sha256:287e52c2ebaa94f8eca045628374859f51584e77bc07086e6835a9bb2204c774 \\
    --hash=sha256:2a4e141a9c91d1502cf98f9ca9f87af222c7857e2bfa49c1d81343157c38a28e \\
    --hash=sha256:2b0b7dff5beddc10f16ecea6b28c6b98014d1135d7015bd83adff5037f35848d \\
    --hash=sha256:2b597bb01aff61d65e305c2cf2589c93c86609929d42d575bfc359f3c54ea8e1 \\
    --hash=sha256:318d4e634d2b320be10decd9968ad1ae0be1d80cba23b5528c37b429eeb0e3e0 \\
    --hash=sha256:34051de19ae532ba47fcab5b0abd08c25c7a64ff763ad819f18764d45f3c2c81 \\
    --hash=sha256:36258fd0909e1bf26e94604439108846432abe4ffa9a23c9dc2f6f1c60f94b60 \\
    --hash=sha256:40e91bf8325f492e8eb3c3aa6de06b20593c225336bb52b585c913d7c1da025b \\
    --hash=sha256:429329799c72335b0e37be65964ec5b89062e57fe7ad9ee779b886df5e34ddaf \\
    --hash=sha256:42e0a7dc26df739149478585d4264338b4d330f24b3e3b57d5aa89e48866e8ab \\
    --hash=sha256:45506bfb902cde24a0d33fb0581f58497ddb2682686dd1f6aa07e7b769df7ca4 \\
    --hash=sha256:472a25463678f2795143a7cb42e88a1b59cc2375e9881917e69a9323bde42114 \\
    --hash=sha256:475c44e12f2a5de766a8448783f149c9b33f3f49b88953c6cd739a77d93c732c \\
    --hash=sha256:4e22c6571ab6ac9036da87d8a6fddb4baf86981844b480c0c60a4a4be417ee48 \\
    --hash=sha256:55e6106d2d085af42b2de72efeb38ed255241a24b32295ca889707c1d679c442 \\
    --hash=sha256:59887281c3c163a7afff7dffaaad2f78cd2b513b7e1a7843f1ee8e7cd6a94231 \\
    --hash=sha256:5d65b791ce4283e02b6267742ad540899155e1b32887b9cbdda47f38f5a076b5 \\
    --hash=sha256:5d7d4d2a5fc6a604f20c546ee1e8327bed1e9329be2417cef9af1f799f3e55e0 \\
    --hash=sha256:5e4c67dbac05dce90a3fa1d845137617383c415e6b319062baac9734540706ae \\
    --hash=sha256:67310606cf2528a6dc3ece1298dcd5cc6c57add148b16d22c5111138aa84820c \\
    --hash=sha256:6795c588b210b2f13d62c8fcc23bf779b509b839ec5c197a7ab4f5191459e126 \\
    --hash=sha256:6ad2f0808099d4281208ff2c756efa958a55a7c8eb21fe1c7052b95c584f02f1 \\
    --hash=sha256:6e38b123681df22373d545520f54bbeddc4706d9235a1161061f12bd6648497d \\
    --hash=sha256:727a65b35db9f5ef516fc0229c4b05cab983092b1ae274a8a769b2d517fb0499 \\
    --hash=sha256:7433d340de45003db3ed909a642c9469b598d175530f7a707cbaba64287d27ce \\
    --hash=sha256:765584b93ed6f0b561f0c56e9735f24945c0682f857c9b3ee3b4caad9c32f66a \\
    --hash=sha256:781e856db4f2cb398e4992e2a74305295d3ebf694eec26fa0f4bc766eb9fa0a0 \\
    --hash=sha256:7ca62b31a873c70b73f367bb2c1efec1d143016642c5191405549578184ff6ff \\
    --hash=sha256:7fabd415c41e62006c6641fcdf5b3e866f581c4e11c58328c0d0f69584b9577d \\
    --hash=sha256:80f5d4fda1ba373d95933f98e6c1d18247feffac839fda3930bdd85e6561bb5f \\
    --hash=sha256:85b79ed643cfde70672152b3d1aee438ca647c5d2ffb7dba7226689ee9f6f44b \\
    --hash=sha256:892d4f17d7962bfd2c2928b0a47542bf2948f074a7c04721b73d4138b70481e4 \\
    --hash=sha256:895e9369185df4a874768849405c30cba7990caceb3fcb1692ebe62bb050f55e \\
    --hash=sha256:8ab62a50cab6f786d49f3584914c1088b0ed8de76bfe675b26a60c7bec426380 \\
    --hash=sha256:8e680367090a58c966052d61418cc943111863538fd82471d61fca5271d911e1 \\
    --hash=sha256:90cba4996b18ec1201fcaabd01ec48ff4b9755416bcd52105ded2f89fe145c49 \\
    --hash=sha256:996dfc4774c240c8e6adf1166ae102141cfbed33c8856fde821bd6c0bd35ee41 \\
    --hash=sha256:9ca1e78106675f2aed07dc37b842ce19be70010ab22c5c5c04688f0840d48539 \\
    --hash=sha256:9db832747bd05834530189e564a3fe31e2617547dc1f3a005f835eafc2b8e048 \\
    --hash=sha256:9e73761fe9fc55a4e9d2df8e8f59b0979231af4dbf80b8bf90cd64c74173d779 \\
    --hash=sha256:9f46e70c8d22e96856967ab9d80c51dcf5bc63133e4da2d66fab64c0d4119b82 \\
    --hash=sha256:a45ceb5f199d5e388f28b550ba881096a3740d4bda10e661d77f59d9a2e8187a \\
    --hash=sha256:a4b47ec7422bef149223786a87df80067ac65bfc7c0565e5cf1dfbdc40acee50 \\
    --hash=sha256:a6c9926f8871b261622fe6b599db72c69be5bca8fdc0976886f9a531a301dee9 \\
    --hash=sha256:aa10dc04c03408f31948ac1896a942141fd8d7a954b3612edac79f19663e4076 \\
    --hash=sha256:ad5bc540cbc34db236f8535721a9a872d12a9d88d1322470f1fc7c5e9dadfdb2 \\
    --hash=sha256:b1f08ec826417e3c8dc3edadb50f38debba033af6cb849229f0eac72f80f2342 \\
    --hash=sha256:b9270b63409e70c8c6deb5faedc81fc27c6bd0196b38084a8773f68286abf034 \\
    --hash=sha256:b9eff629190a4b118549b654df32a56ed535351819f690d0c935d185500cc90b \\
    --hash=sha256:bec3e34749b90cfcf116149aad11295c720ff4a74a7d0a35abdb968a396c1524 \\
    --hash=sha256:c1119e840d2c9164120f067740d99c9608d21d4ee9a172cf0f00dcafdf5624a4 \\
    --hash=sha256:c4d5bbdbea8f5669b3a734d6c226772804fb120848f99cbe63a0ddee63b049c9 \\
    --hash=sha256:c50bac325dbf1a9c80e10da6dbd1100d7082f6b12e153084501e18e86cd3a037 \\
    --hash=sha256:c5917972ce1bf5f85f761031e00dab6fe0ad9f880cb3d2d43ed74b330c850400 \\
    --hash=sha256:c97f5f17407e1761f23f1944be33cbf1d5ce67017db32544dcd5e16e0b1b4a3b \\
    --hash=sha256:cbb8a677da3e845713925e9a203b8a120b1e9da9989836890ba4a4a187902701 \\
    --hash=sha256:ccd6e4af5347eb9828147320449bcd30e3321f6397d4583ff16047485dd8be3d \\
    --hash=sha256:ce22584c8b12aa7e424dab08c481afd95ad4bd3007829fd1767d28b4dbbc3167 \\
    --hash=sha256:ce76e7a7c11459157887a8dadf07c107ff74eca98cf914f0de6ee7ab4b47104d \\
    --hash=sha256:cfa86432bf329d6b976f5a00ad4c9064fd51736e4967a52526750236345cc2da \\
    --hash=sha256:cfc1cc237792f9a5664002b66acb961027d4184528ec9d10e0e42330f7972383 \\
    --hash=sha256:d088d1f552e129859db830692268747aba0a1ee3e6e0fe6344dbb3aab1df9f6c \\
    --hash=sha256:d626fcacecaf3a5bfcd57e35709ce59a56a39cd4a3cd201d1b43c00d20bcbcda \\
    --hash=sha256:dc9dc681958e69f46b9f37def3e7fd6cc5dcfaa5943fb00bfe9c223a1a1052f6 \\
    --hash=sha256:deb1730c4c0c1a8c975be2f43efea6ee4834d35031a39075f78917d0ba8b3c04 \\
    --hash=sha256:e283cf563166c21762131b88e3870ee2ec57757b08a8736929757b5a67541061 \\
    --hash=sha256:e38d854f1c60e94f46d998765201126338bde3fe1b029be0d849094bcbef72c2 \\
    --hash=sha256:e5f67f0286f2ba2c6dbb4998404ed880112ca204ceda729cf239879cd89d3acf \\
    --hash=sha256:e78c66cf97ac5675037f705ca433ad98ac9177f9523e7fdbb34e486ae29044c8 \\
    --hash=sha256:e7ae8cf6012372cecb43016132d1b87ccc2ebb8ae5ab5078687399e82423386a \\
    --hash=sha256:e8ba23c838739fe929e868095171e71f2f38d6ce0fcf5840b576fb82648e58e6 \\
    --hash=sha256:e9c5ba0f053a7e98f013f083c9d1b2dffb26cad8c897c533d8286e44ed24c669 \\
    --hash=sha256:efa1357fb0c7201e833de28638be371ee127476f7ccff9e7a94211b0afc33ddf \\
    --hash=sha256:f3f19fe5decd348b35b003ae5f32d3fa90877413a0183da676f748a3a7ab9270 \\
    --hash=sha256:f60de6ae13d4d2a12a483f15c5e47cb6fa2731aa32d92fb31178e2017d6574a8 \\
    --hash=sha256:f641971d3eec89ffca57fa36d151ad1cf1b6a214b47faca16cb165c7d45ef8be \\
    --hash=sha256:fb811ac3d463a75013b234d2aae56b9f0bdb0105caf4dd2ee65305b6a8a6078d \\
    --hash=sha256:fb9ddbf23b8c6e89752af399fcf4daed60055e239cda44c6acfaa76d19331e8c
    # via cachecontrol
opentelemetry-api==1.45.2 \\
    --hash=sha256:2cbd737377e710ee740d261c94e93fa0f08e6d037c18f17513cc0a2d94479a34 \\
    --hash=sha256:d7b0008e21e5fd61cbe7a7f34ca3b6905a78ab677d9bc395e299359c75cda6b4
    # via google-api-core
proto-plus==1.29.0 \\
    --hash=sha256:8acd070469a7aaf43f440b022ef9757c8cac1a9f866e933f59ae98669ddc6c8b \\
    --hash=sha256:cfb4e62ad7e13dd18f346cabbda00cab39930d36a05791fd81ddb074d6ee884f
    # via
    #   google-api-core
    #   google-cloud-firestore
protobuf==7.36.2 \\
    --hash=sha256:497d0463ff3316681da6c0b9e8d06cb465d61abce00b613ab42226175644d1bb \\
    --hash=sha256:89f23aa53c24553a2416fd4fd1ec06f74fa42b14b546d8883128813f775bbfd2 \\
    --hash=sha256:912c1221170e16c08d1f086762f563dd61ff83c18b5fa6652952dfaded66f728 \\
    --hash=sha256:a300819d441e078a5608c0d3c709796bb548136058fda017ae51d425b44fd353 \\
    --hash=sha256:bdb3a345d48db958e6ce1f18e508beb0cc981d64f24088427549c866cd039f1e \\
    --hash=sha256:cbc70b17ee27e28894c7fee8bb04be1abead49e936bc70eb60052531eee2079e \\
    --hash=sha256:e11e1f0180583a2af89db6a2ecd9e8dc40aa6d2988ca175bfd0e6d12ea72d74e \\
    --hash=sha256:f4fee11ec330d238b34a05c9b675f693c20415d1c5bd7d5320cc2f8a798eb9cf
    # via
    #   google-api-core
    #   google-cloud-firestore
    #   googleapis-common-protos
    #   grpcio-status
    #   proto-plus
pyasn1==0.6.5 \\
    --hash=sha256:4017b0fce125096b8573b39c989fdb1a4b19cf761e683398184550fea0e66587 \\
    --hash=sha256:6b11616a6bcf3a40e635f082bb232fa57b5e0dd7f517bd7ddd69ec3794508a47
    # via pyasn1-modules
pyasn1-modules==0.4.2 \\
    --hash=sha256:29253a9207ce32b64c3ac6600edc75368f98473906e8fd1043bd6b5b1de2c14a \\
    --hash=sha256:677091de870a80aae844b1ca6134f54652fa2c8c5a52aa396440ac3106e941e6
    # via google-auth
pycparser==3.12 ; implementation_name != 'PyPy' and platform_python_implementation != 'PyPy' \\
    --hash=sha256:a076f3f489b39b43ed13563a1dafe42447445bec2e294154ec5c57fcdda4c85e \\
    --hash=sha256:f03387877eab82ce01bbdfd0ba7252ee55a90b1c708d5129e2ce915475cf1db6
    # via cffi
pyjwt==2.15.1 \\
    --hash=sha256:42d59d631f7768a1028a64c7ff581a9bf7519804daf91fc5b6c56e30eec5e193 \\
    --hash=sha256:4f259e80cdfb6b3fc18a7de51fd1ef9ec79652f25019bae68975ca2468a34df8
    # via firebase-admin
requests==2.34.2 \\
    --hash=sha256:2a0d60c172f83ac6ab31e4554906c0f3b3588d37b5cb939b1c061f4907e278e0 \\
    --hash=sha256:f288924cae4e29463698d6d60bc6a4da69c89185ad1e0bcc4104f584e960b9ed
    # via
    #   cachecontrol
    #   google-api-core
    #   google-cloud-storage
typing-extensions==4.16.0 \\
    --hash=sha256:481caa481374e813c1b176ada14e97f1f67a4539ce9cfeb3f350d78d6370c2e8 \\
    --hash=sha256:dc983d19a509c94dba722ee6abd33940f7c05a89e243c47e907eb4db6f1a43e5
    # via
    #   anyio
    #   grpcio
    #   opentelemetry-api
urllib3==2.8.0 \\
    --hash=sha256:0cf3cae568d36aa9576b28dfb35f11328f1cb974ca7647d9475ebb86c75ac6e3 \\
    --hash=sha256:63bf2ead4c879426ebf22ef2a781eeb4aa3b4ae798a0435506f8687fd5bb9b63
    # via requests
''',
    "src/common/tdg_bridge.py": '''\
"""The one road between the main thread and the engine.

Thread: main only.
"""

import sqlite3
import time
from collections.abc import Callable
from typing import Protocol

import tdg_bridge_journal
import tdg_core_messages

Message = tdg_core_messages.Message


class Transport(Protocol):
    """Carries messages to an engine and back; every method returns at once."""

    def start(self) -> None: ...
    def send(self, request: Message) -> None: ...
    def receive(self) -> Message | None: ...
    def post(self, event: Message) -> None: ...
    def stop(self) -> None: ...


class Bridge:
    """Requests go in, events come out, accepted ones are in the journal first.

    Args:
        transport: Where the engine lives.
        journal: Keeps accepted requests until the engine has stored them.
    """

    def __init__(self, transport: Transport, journal: tdg_bridge_journal.Journal) -> None:
        self.transport = transport
        self._journal = journal
        self._closed = False
        self._begin()

    def replace(self, transport: Transport) -> None:
        """Goes on with another transport; the engine behind the former one has ended."""
        self.transport = transport
        self._begin()

    def submit(self, request: Message) -> None:
        """Hands a request to the engine."""
        self.transport.send(request)

    def accept(self, request: Message) -> str:
        """Stores a request before handing it over: from here on it survives this process.

        The request holds JSON values only.

        Returns:
            An empty string, or why it could not be stored (it is handed over all the same).
        """
        message = tdg_core_messages.to_plain(request)
        try:
            entry, problem = self._journal.append(message), ""
        except sqlite3.Error as error:
            entry = tdg_bridge_journal.Entry("", 0, message)
            problem = f"not stored on disk, kept in memory only ({error}); free or unlock the cache folder"
        self._send(entry)
        return problem

    def drain(self, handle: Callable[[Message], None], budget_s: float) -> int:
        """Gives waiting events to `handle`, at least one, more while the budget in seconds lasts; how many it took.

        Once the bridge is closed (`handle` may do that) nothing more is given.
        """
        deadline = time.perf_counter() + budget_s
        taken = 0
        while not self._closed and (event := self.transport.receive()) is not None:
            taken += 1
            if event.kind == tdg_core_messages.Stored.kind:
                self._journal.forget(event.entries)  # type: ignore[attr-defined]
            else:
                handle(event)
            if time.perf_counter() >= deadline:
                break
        return taken

    def close(self) -> None:
        """Ends the engine without waiting for it. Idempotent."""
        self._closed = True
        self.transport.stop()
        self._journal.close()

    def _begin(self) -> None:
        """Starts the engine and hands it what the one before it has not stored."""
        self.transport.start()
        for entry in self._journal.entries():
            self._send(entry)

    def _send(self, entry: tdg_bridge_journal.Entry) -> None:
        self.transport.send(tdg_core_messages.Accepted(*entry))
''',
    "src/common/tdg_bridge_journal.py": '''\
"""What the user was promised, on disk before the method returns: the accepted requests that no engine has stored yet.

Thread: main only, except `_keep_forced` and what it calls.

One SQLite file with one writer, so that accepting never waits for another connection's lock. A commit reaches the
operating system at once (a killed process loses nothing) and the disk when a worker forces it there, at most
`FORCE_INTERVAL_S` later (all a power cut can take). The engine copies entries into its own store and says so; then
they are forgotten here.
"""

import contextlib
import json
import sqlite3
import threading
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import tdg_disk_sqlite

#: Seconds between two forces while there is something to force.
FORCE_INTERVAL_S = 0.1

_SCHEMA = "CREATE TABLE journal (entry INTEGER PRIMARY KEY AUTOINCREMENT, origin TEXT NOT NULL, message TEXT NOT NULL)"


class Entry(NamedTuple):
    """One accepted request; `origin` and `number` together are never given twice."""

    origin: str
    number: int
    message: dict[str, Any]


class Journal:
    """Append-only list of accepted requests as plain dicts.

    Args:
        path: The SQLite file; None keeps the entries in memory only (*Enable Cache* off).
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        self._connection = tdg_disk_sqlite.open_database(path, [_SCHEMA], tell, timeout_s=0.0)
        self._connection.execute("PRAGMA synchronous = OFF")  # forcing to disk is the worker's part
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")  # so is checkpointing, which would force from here
        # Numbers rise within a file only as long as the file is whole, so each opening begins a series of its own.
        self._origin = str(uuid.uuid4())
        self._dirty = threading.Event()
        self._closed = threading.Event()
        if path is not None:
            args = (path, self._dirty, self._closed)
            threading.Thread(target=_keep_forced, args=args, name="tdg-journal", daemon=True).start()

    def append(self, message: dict[str, Any]) -> Entry:
        """Stores a message of JSON values (no bytes: what is large belongs into a file of its own).

        Raises:
            sqlite3.Error: It could not be stored (disk full, folder read-only).
        """
        text = json.dumps(message, ensure_ascii=False, separators=(",", ":"))
        cursor = self._connection.execute("INSERT INTO journal (origin, message) VALUES (?, ?)", (self._origin, text))
        self._dirty.set()
        return Entry(self._origin, int(cursor.lastrowid or 0), message)

    def forget(self, numbers: tuple[int, ...]) -> None:
        """Removes entries that the engine has stored.

        On a full disk they stay, are offered again at the next start, and the engine knows them.
        """
        with contextlib.suppress(sqlite3.Error):
            self._connection.execute("BEGIN")
            try:
                self._connection.executemany("DELETE FROM journal WHERE entry = ?", [(number,) for number in numbers])
                self._connection.execute("COMMIT")
            except sqlite3.Error:
                self._connection.execute("ROLLBACK")
            self._dirty.set()

    def entries(self) -> list[Entry]:
        """All entries, oldest first."""
        rows = self._connection.execute("SELECT origin, entry, message FROM journal ORDER BY entry")
        return [Entry(origin, number, json.loads(text)) for origin, number, text in rows]

    def close(self) -> None:
        """Closes the file; nothing waits for the disk. Idempotent."""
        self._connection.close()
        self._closed.set()
        self._dirty.set()


def _keep_forced(
    path: Path,
    dirty: threading.Event,
    closed: threading.Event,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    force: Callable[[Path], None] = tdg_disk_sqlite.force,
    interval_s: float = FORCE_INTERVAL_S,
) -> None:
    """Brings what was written to the disk, again and again, until the journal is closed, and then once more."""
    while not closed.is_set():
        dirty.wait()
        closed.wait(interval_s)
        dirty.clear()
        force(path)
''',
    "src/common/tdg_bridge_outbox.py": '''\
"""The engine's way out: events in order, where a newer one may replace one that nobody has taken yet.

Thread: any.
"""

import threading
from collections import deque
from collections.abc import Callable, Hashable
from typing import Any

import tdg_core_messages

Message = tdg_core_messages.Message


class Outbox:
    """A thread-safe queue of events from the engine to the main thread.

    Progress and document changes come faster than a paused host takes them, so both are merged here: what waits is
    bounded by the number of transfers and documents, not by the number of changes.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        # Plain events, merge keys (their event is in _merged) and streams with something to give, in order.
        self._order: deque[Message | _Key | Stream] = deque()
        self._merged: dict[Hashable, Message] = {}
        self._closed = False

    def put(self, event: Message, merge_key: Hashable | None = None) -> None:
        """Appends an event; one that waits under the same merge key is replaced in its place instead."""
        with self._lock:
            if self._closed:
                return
            if merge_key is None:
                self._order.append(event)
                return
            if merge_key not in self._merged:
                self._order.append(_Key(merge_key))
            self._merged[merge_key] = event

    def stream(
        self,
        build: Callable[[list[Any]], Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None = None,
    ) -> "Stream":
        """A way in for many small items of one kind.

        Args:
            build: Makes an event of at most `chunk` items when they are taken.
            chunk: See `build`.
            merge: Makes one item of a waiting one and a newer one under the same key; without it the newer one stays.
        """
        return Stream(self, build, chunk, merge)

    def take(self) -> Message | None:
        """The oldest event, or None. Never blocks for longer than a queue operation."""
        if not self._order:
            return None
        with self._lock:
            if not self._order:
                return None
            head = self._order.popleft()
            if isinstance(head, _Key):
                return self._merged.pop(head.key)
            if isinstance(head, Stream):
                items = head.pop_chunk()
                if head.waiting:
                    self._order.append(head)
                return head.build(items)
            return head

    def close(self) -> None:
        """Takes nothing more; what waits can still be taken."""
        with self._lock:
            self._closed = True

    def add_to(self, stream: "Stream", key: Hashable, item: Any) -> None:
        """What `Stream.add` does, under the outbox's lock."""
        with self._lock:
            if self._closed:
                return
            if not stream.waiting:
                self._order.append(stream)
            former = stream.waiting.get(key)
            stream.waiting[key] = item if former is None or stream.merge is None else stream.merge(former, item)


class Stream:
    """Items of one kind, the newest per key, taken in chunks. A replaced item keeps its place."""

    def __init__(
        self,
        outbox: Outbox,
        build: Callable[[list[Any]], Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None,
    ) -> None:
        self.waiting: dict[Hashable, Any] = {}
        self.build = build
        self.merge = merge
        self._outbox = outbox
        self._chunk = chunk

    def add(self, key: Hashable, item: Any) -> None:
        """Adds an item or replaces the one that waits under the same key."""
        self._outbox.add_to(self, key, item)

    def pop_chunk(self) -> list[Any]:
        """Called by the outbox under its lock."""
        keys = [key for key, _ in zip(self.waiting, range(self._chunk), strict=False)]
        return [self.waiting.pop(key) for key in keys]


class _Key:
    """A merge key's place in the order."""

    __slots__ = ("key",)

    def __init__(self, key: Hashable) -> None:
        self.key = key
''',
    "src/common/tdg_bridge_slot.py": '''\
"""What outlives an extension: one dict per component, hung on `sys`.

Thread: main only.

TouchDesigner rebuilds an extension whenever it likes and may clear the globals of its modules; `sys` it leaves alone.
A slot holds plain values, Events and functions, never an instance of one of our classes: after a rebuild the classes
are others.
"""

import sys
from typing import Any

_ATTRIBUTE = "_tdg_slots"


def slot(key: str) -> dict[str, Any]:
    """The dict kept for that key (one per component), made when first asked for."""
    slots: dict[str, dict[str, Any]] | None = getattr(sys, _ATTRIBUTE, None)
    if slots is None:
        slots = {}
        setattr(sys, _ATTRIBUTE, slots)
    return slots.setdefault(key, {})


def discard(key: str) -> None:
    """Forgets the slot; its component is gone."""
    getattr(sys, _ATTRIBUTE, {}).pop(key, None)
''',
    "src/common/tdg_bridge_thread.py": '''\
"""The transport that runs the engine in threads of this process.

Thread: main only, except `_run`.
"""

import queue
import threading
from collections.abc import Callable
from typing import Any

import tdg_bridge_outbox
import tdg_core_messages

#: An engine's entry point: serves requests from the inbox until it finds None there, then ends all its threads.
Serve = Callable[["queue.SimpleQueue[Any]", tdg_bridge_outbox.Outbox], None]

#: How long a new engine waits for the one before it to end; every call of an engine has a shorter time-out.
_PREDECESSOR_S = 90.0

#: After that long the user is told what is being waited for.
_PREDECESSOR_TOLD_S = 2.0


class ThreadTransport:
    """Carries messages to an engine in a thread of this process.

    Args:
        serve: The engine's entry point.
        slot: What no two engines may use at once (`tdg_bridge_slot`). The engine before may still be finishing a call;
            the new one begins when it has ended, so that nothing is sent twice at once.
        name: The thread's name.
    """

    def __init__(self, serve: Serve, slot: dict[str, Any], name: str) -> None:
        self._serve = serve
        self._slot = slot
        self._name = name
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._outbox = tdg_bridge_outbox.Outbox()

    def start(self) -> None:
        """Starts the engine.

        Raises:
            RuntimeError: The system gives no more threads.
        """
        former_ended, ended = self._slot.get("ended"), threading.Event()
        args = (former_ended, self._serve, self._inbox, self._outbox, ended)
        threading.Thread(target=_run, args=args, name=self._name, daemon=True).start()
        self._slot["ended"] = ended

    def send(self, request: tdg_core_messages.Message) -> None:
        """Hands a request to the engine; never blocks."""
        self._inbox.put(request)

    def receive(self) -> tdg_core_messages.Message | None:
        """The next event, or None; never blocks."""
        return self._outbox.take()

    def post(self, event: tdg_core_messages.Message) -> None:
        """Lets a task outside the engine (the installer) send an event the same way. Any thread."""
        self._outbox.put(event)

    def stop(self) -> None:
        """Asks the engine to end; does not wait for it. Idempotent."""
        self._outbox.close()
        self._inbox.put(None)


def _run(
    former_ended: threading.Event | None,
    serve: Serve,
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_bridge_outbox.Outbox,
    ended: threading.Event,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    ended_event: Callable[[str], tdg_core_messages.Message] = tdg_core_messages.EngineEnded,
    logged: Callable[[str, str], tdg_core_messages.Message] = tdg_core_messages.Logged,
    patience_s: tuple[float, float] = (_PREDECESSOR_TOLD_S, _PREDECESSOR_S),
) -> None:
    try:
        if former_ended is not None and not former_ended.wait(patience_s[0]):
            outbox.put(logged("INFO", "waiting for the former engine to finish its last calls"))
            former_ended.wait(patience_s[1])
        serve(inbox, outbox)
        reason = "it ended without being asked to"
    except BaseException as error:  # a thread's last line: the main thread must hear of anything
        # An exception of another kind is a defect; its text may hold a secret and is not told.
        reason = getattr(error, "message", "") if hasattr(error, "code") else ""
        reason = reason or f"{type(error).__name__}, a defect; please report this line"
    finally:
        ended.set()
    outbox.put(ended_event(reason))  # goes nowhere once the engine was asked to end
''',
    "src/common/tdg_core_bootstrap_messages.py": '''\
"""What the tasks that look for and install packages tell the main thread.

Thread: any.

`run` names the search they belong to; what comes from a search that was called off is dropped.
"""

from dataclasses import dataclass
from typing import ClassVar

import tdg_core_messages

register = tdg_core_messages.register


@register
@dataclass(frozen=True)
class PackagesUsable(tdg_core_messages.Message):
    """Everything can be imported."""

    kind: ClassVar[str] = "packages_usable"
    run: int


@register
@dataclass(frozen=True)
class PackagesFound(tdg_core_messages.Message):
    """There is an environment whose packages are to be put on the path, and then looked at again."""

    kind: ClassVar[str] = "packages_found"
    run: int
    #: The folder to put on the path.
    site_packages: str


@register
@dataclass(frozen=True)
class PackagesMissing(tdg_core_messages.Message):
    """Something has to be installed."""

    kind: ClassVar[str] = "packages_missing"
    run: int
    #: `missing`, `broken`, `unfinished` or `outdated`.
    why: str
    #: For people: what is missing or broken.
    reason: str
    #: Whether the user has to agree; not if the environment is one that was agreed to before.
    ask: bool


@register
@dataclass(frozen=True)
class ImportHere(tdg_core_messages.Message):
    """A worker could not import these, although they are there: the main thread has to, step by step."""

    kind: ClassVar[str] = "import_here"
    run: int
    modules: tuple[str, ...]
    #: What the worker was told.
    reason: str
    #: Whether an installation may help if the main thread fails, too, and whether the user has to agree to it.
    mendable: bool
    ask: bool


@register
@dataclass(frozen=True)
class PackagesUnusable(tdg_core_messages.Message):
    """They cannot be had; `message` says why and what to do."""

    kind: ClassVar[str] = "packages_unusable"
    run: int
    message: str
''',
    "src/common/tdg_core_connection.py": '''\
"""The life of a connection as a state machine: what happened goes in, what to do comes out.

Thread: any.

It knows no clock, no thread and no server. Times are monotonic seconds given by the caller.
"""

from dataclasses import dataclass, field

import tdg_core_errors
import tdg_core_retry

CONNECTING = "connecting"
CONNECTED = "connected"
DISCONNECTED = "disconnected"
ERROR = "error"
RECONNECTING = "reconnecting"

#: Actions a transition can ask for.
START = "start"
STOP = "stop"

#: An engine that has not answered by then is hung: longer than all time-outs of a gateway's first calls together, and
#: than an engine waits for the one before it.
ANSWER_PATIENCE_S = 150.0

#: What waits for a person is not looked at more often than that, however short *Backoff Max* is.
_PERSON_S = 10.0

_SILENT = (
    "The server was asked to connect and neither answered nor refused. Check the network (a Wi-Fi sign-in page, a "
    "proxy or a firewall can swallow requests); it is tried again."
)
_OPEN = "The circuit breaker is open after repeated failures; the next attempt is planned."


@dataclass
class Lifecycle:
    """Turns user wishes, answers of the engine and the passing of time into states and actions.

    Each method returns the actions to carry out, in order: `START` (begin the attempt numbered `attempt`) and `STOP`
    (close what talks to the server). `state` and `error` are what the user sees.
    """

    breaker: tdg_core_retry.Breaker
    #: Whether reconnecting goes on by itself (*Auto Connect*).
    auto: bool = True
    state: str = DISCONNECTED
    error: str = ""
    #: Number of the current attempt; answers that carry another number are late and change nothing.
    attempt: int = 0
    #: When the next attempt is due; None when none is planned.
    retry_at: float | None = None
    _under_way: bool = field(default=False, repr=False)
    #: When an answer to the attempt is overdue; None while it waits for packages or there is no attempt.
    _overdue_at: float | None = field(default=None, repr=False)

    @property
    def wanted(self) -> bool:
        """Whether a connection stands, is being made or is planned."""
        return self.state == CONNECTED or self._under_way or self.retry_at is not None

    def connect(self, now: float) -> list[str]:
        """The user (or Auto Connect) wants a connection. While one is being made or stands, nothing happens."""
        if self._under_way or self.state == CONNECTED:
            return []
        self.error = ""
        if self.breaker.can_attempt(now):
            return self._start(CONNECTING)
        self.state = RECONNECTING
        self.error = _OPEN
        self.retry_at = now + self.breaker.wait_s(now)
        return []

    def refuse(self, message: str) -> list[str]:
        """There is nothing to connect with; waits for the user without counting anything."""
        actions = [STOP] if self.state == CONNECTED or self._under_way else []
        self._end_attempt()
        self.breaker.release()
        self.retry_at = None
        self.state = ERROR
        self.error = message
        return actions

    def disconnect(self) -> list[str]:
        """The user wants none; an attempt under way is called off."""
        was_idle = self.state == DISCONNECTED
        self._end_attempt()
        self.breaker.release()
        self.retry_at = None
        self.state = DISCONNECTED
        self.error = ""
        return [] if was_idle else [STOP]

    def asked(self, now: float) -> None:
        """The engine was asked to connect: from now on an answer is due."""
        if self._under_way:
            self._overdue_at = now + ANSWER_PATIENCE_S

    def connected(self, attempt: int) -> bool:
        """The server has answered; False if that attempt is no longer wanted."""
        if attempt != self.attempt or not self._under_way:
            return False
        self._under_way = False
        self._overdue_at = None
        self.breaker.success()
        self.state = CONNECTED
        self.error = ""
        return True

    def failed(self, attempt: int, code: str, message: str, now: float, random: float) -> list[str]:
        """The attempt failed. A configuration error waits for a person; it is looked at again at the slowest pace."""
        if attempt != self.attempt or not self._under_way:
            return []
        return self._fail(code, message, now, random)

    def lost(self, attempt: int, code: str, message: str, now: float, random: float) -> list[str]:
        """The connection that stood is gone."""
        if attempt != self.attempt or self.state != CONNECTED:
            return []
        return self._fail(code, message, now, random)

    def set_auto(self, auto: bool) -> None:
        """*Auto Connect* was set; off calls a planned attempt off."""
        self.auto = auto
        if not auto and self.retry_at is not None:
            self.retry_at = None
            self.state = ERROR

    def tick(self, now: float, random: float) -> list[str]:
        """Time has passed; starts the planned attempt when it is due and the breaker allows it."""
        if self._overdue_at is not None and now >= self._overdue_at:
            return self._fail("deadline", _SILENT, now, random)
        if self.retry_at is None or now < self.retry_at:
            return []
        if not self.breaker.can_attempt(now):
            self.retry_at = now + max(self.breaker.wait_s(now), 0.05)
            return []
        return self._start(self.state if self.state == ERROR else RECONNECTING)

    def _start(self, state: str) -> list[str]:
        self.attempt += 1
        self._under_way = True
        self.retry_at = None
        self.state = state
        return [START]

    def _end_attempt(self) -> None:
        self._under_way = False
        self._overdue_at = None
        self.attempt += 1

    def _fail(self, code: str, message: str, now: float, random: float) -> list[str]:
        self._end_attempt()
        settings = self.breaker.settings
        if tdg_core_errors.todo(code) == tdg_core_errors.RETRY:
            self.breaker.failure(now)
            self.state = RECONNECTING if self.auto else ERROR
            wait_s = tdg_core_retry.backoff_s(self.breaker.failures, settings)
        else:
            self.breaker.release()
            self.state = ERROR
            wait_s = max(settings.backoff_max_s, _PERSON_S)
        self.error = message
        delay_s = max(tdg_core_retry.jittered(wait_s, random), self.breaker.wait_s(now))
        self.retry_at = now + delay_s if self.auto else None
        return [STOP]
''',
    "src/common/tdg_core_errors.py": '''\
"""The one error every room raises, and what each of its codes asks for.

Thread: any.

The tree is a table, not a class tree, because an error crosses the bridge as plain data (`code`, `message`):

    what to do   codes
    RETRY        network unavailable deadline aborted exhausted internal unknown checksum
    GIVE_UP      not_found exists invalid permission precondition cancelled local disk unsafe too_large
    STOP         config credentials packages

RETRY is tried again with backoff. GIVE_UP ends the one job and lets the next one run. STOP means that no job can
succeed until a person changes something; it never counts against the circuit breaker.
"""

RETRY = "retry"
GIVE_UP = "give_up"
STOP = "stop"

_TODO = {
    "network": RETRY,
    "unavailable": RETRY,
    "deadline": RETRY,
    "aborted": RETRY,
    "exhausted": RETRY,
    "internal": RETRY,
    "unknown": RETRY,
    "checksum": RETRY,
    "not_found": GIVE_UP,
    "exists": GIVE_UP,
    "invalid": GIVE_UP,
    "permission": GIVE_UP,
    "precondition": GIVE_UP,
    "cancelled": GIVE_UP,
    "local": GIVE_UP,
    "disk": GIVE_UP,
    "unsafe": GIVE_UP,
    "too_large": GIVE_UP,
    "config": STOP,
    "credentials": STOP,
    "packages": STOP,
}

#: Codes that say the server could not be reached, not that it refused something.
CONNECTION_CODES = frozenset({"network", "unavailable", "deadline"})

# https://grpc.github.io/grpc/core/md_doc_statuscodes.html; what is permanent follows the Firestore mobile SDKs,
# except that ABORTED is repeated: our writes are.
_GRPC = {
    "CANCELLED": "unavailable",
    "UNKNOWN": "unknown",
    "INVALID_ARGUMENT": "invalid",
    "DEADLINE_EXCEEDED": "deadline",
    "NOT_FOUND": "not_found",
    "ALREADY_EXISTS": "exists",
    "PERMISSION_DENIED": "permission",
    "RESOURCE_EXHAUSTED": "exhausted",
    "FAILED_PRECONDITION": "precondition",
    "ABORTED": "aborted",
    "OUT_OF_RANGE": "invalid",
    "UNIMPLEMENTED": "invalid",
    "INTERNAL": "internal",
    "UNAVAILABLE": "unavailable",
    "DATA_LOSS": "internal",
    "UNAUTHENTICATED": "credentials",
}

# https://cloud.google.com/storage/docs/json_api/v1/status-codes
_HTTP = {
    400: "invalid",
    401: "credentials",
    403: "permission",
    404: "not_found",
    408: "deadline",
    409: "exists",
    410: "not_found",
    412: "precondition",
    413: "too_large",
    416: "invalid",
    429: "exhausted",
    500: "internal",
    502: "unavailable",
    503: "unavailable",
    504: "deadline",
}


class CloudError(Exception):
    """Something that could not be done, in words for the person who asked for it.

    Args:
        code: One of the codes of this module's table; a stable word that code may branch on.
        message: One sentence: what happened, to what, and what to do. Never a secret, never a bare exception text.
        retry_after_s: The least number of seconds the server wants to be left alone.
    """

    def __init__(self, code: str, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.retry_after_s = retry_after_s

    @property
    def todo(self) -> str:
        """RETRY, GIVE_UP or STOP."""
        return todo(self.code)


def todo(code: str) -> str:
    """What a code asks for; a code this version does not know is given up rather than repeated for ever."""
    return _TODO.get(code, GIVE_UP)


def code_of_grpc(name: str) -> str:
    """The code for a gRPC status name such as `UNAVAILABLE`."""
    return _GRPC.get(name, "unknown")


def code_of_http(status: int) -> str:
    """The code for an HTTP status; unlisted 5xx are the server's trouble, unlisted 4xx ours."""
    return _HTTP.get(status, "unavailable" if status >= 500 else "invalid")
''',
    "src/common/tdg_core_installer.py": '''\
"""What an installer's output means for a person.

Thread: any.
"""

import re

_LOGIN = re.compile(r"://[^/\\s@]*@")

_CHANGED = (
    "a package differs from the one that was tested, so nothing was installed. Someone changed it on the way: check "
    "proxy and package index"
)
_FULL = "the disk is full. Make room"
_NOT_WRITABLE = (
    "the folder cannot be written to, or a file in it is in use. Check the permissions of the project folder, and "
    "close other programs that use it"
)
_PROXY = (
    "the proxy lets nothing through. Check the environment variable HTTPS_PROXY (with user and password where the "
    "proxy wants them)"
)
_UNTRUSTED = (
    "the certificate of the package index is not trusted; a proxy or virus scanner probably reads the traffic. Ask its "
    "administrator for its certificate and set the environment variable SSL_CERT_FILE to a file with it"
)
_LOGIN_WANTED = "the package index wants other credentials. Check the address in UV_DEFAULT_INDEX or PIP_INDEX_URL"
_NO_NAME = "there is no network, or no name service. Check the network"
_SILENT = "the package index does not answer. Check the network; a Wi-Fi sign-in page may be waiting"
_UNREACHABLE = "the package index cannot be reached. Check the network"
_NO_WHEEL = "there is no package for this system and this version of Python. Update the component"
_NOT_THERE = "the package index (or wheel folder) does not have the locked versions. Update it, or use the public one"
_NO_PIP = "this TouchDesigner has no pip. Install uv yourself, its website says how"
_UNKNOWN = "the installer gave up; its words are in the log"

#: In order: the first that fits.
_MEANINGS = (
    (("hash mismatch", "do not match the hashes"), _CHANGED),
    (("no space left", "os error 28", "os error 112", "disk full"), _FULL),
    (("permission denied", "access is denied", "os error 13", "os error 5)", "read-only file system"), _NOT_WRITABLE),
    (("proxy authorization", "proxy authentication", "tunnel error", "proxyerror", "cannot connect to proxy"), _PROXY),
    (
        ("invalid peer certificate", "unknownissuer", "certificate verify failed", "certificate_verify_failed"),
        _UNTRUSTED,
    ),
    (("401 unauthorized", "403 forbidden", "valid authentication credentials"), _LOGIN_WANTED),
    (("dns error", "failed to lookup address", "name or service not known", "name resolution"), _NO_NAME),
    (("timed out", "timeout"), _SILENT),
    (("refused", "connect error", "error sending request", "network is unreachable", "failed to fetch"), _UNREACHABLE),
    (("no wheels with a matching", "no usable wheels", "building source distributions is disabled"), _NO_WHEEL),
    (("no solution found", "no matching distribution", "could not find a version"), _NOT_THERE),
    (("no module named pip",), _NO_PIP),
)


def meaning(output: str) -> str:
    """Why an installation failed and what to do, for people; without a full stop."""
    text = output.lower()
    return next((sentence for words, sentence in _MEANINGS if any(word in text for word in words)), _UNKNOWN)


def redacted(line: str) -> str:
    """A line of output without the user name and password that an address may carry."""
    return _LOGIN.sub("://***@", line)
''',
    "src/common/tdg_core_log.py": '''\
"""The log's entries and its ring buffer.

Thread: any.
"""

from collections import deque
from dataclasses import dataclass
from typing import Any

DEBUG = "DEBUG"
INFO = "INFO"
WARNING = "WARNING"
ERROR = "ERROR"

LEVELS = (DEBUG, INFO, WARNING, ERROR)

#: Entries that `GetLogs` can reach back.
RING_SIZE = 500


@dataclass(frozen=True)
class Entry:
    """One line of the log; `timestamp` is ISO 8601 in local time, `frame` TouchDesigner's frame counter."""

    id: int
    timestamp: str
    frame: int
    level: str
    message: str

    def as_dict(self) -> dict[str, Any]:
        """The five documented fields."""
        return {
            "id": self.id,
            "timestamp": self.timestamp,
            "frame": self.frame,
            "level": self.level,
            "message": self.message,
        }


class Ring:
    """The newest `RING_SIZE` entries, numbered from 1 without a gap."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=RING_SIZE)
        self._last_id = 0

    def add(self, timestamp: str, frame: int, level: str, message: str) -> Entry:
        """Appends an entry; a level that is not one of `LEVELS` counts as INFO."""
        self._last_id += 1
        entry = Entry(self._last_id, timestamp, frame, level if level in LEVELS else INFO, message)
        self._entries.append(entry)
        return entry

    def newest(self, level: str | None, limit: int) -> list[Entry]:
        """At most `limit` entries of exactly that level (None: of any), newest last."""
        wanted = None if level is None else level.upper()
        found = [entry for entry in self._entries if wanted is None or entry.level == wanted]
        return found[-limit:] if limit > 0 else []


class Repeats:
    """Lets the same line through once per `interval_s`, so that what fails every frame does not flood a log.

    Args:
        interval_s: Seconds for which a line stays silent after it was said.
    """

    def __init__(self, interval_s: float = 60.0) -> None:
        self._interval_s = interval_s
        #: When a line was said last and how often it was held back since.
        self._said: dict[str, tuple[float, int]] = {}

    def line(self, text: str, now: float) -> str | None:
        """The line to write, with the number of those held back, or None while it stays silent."""
        at, held = self._said.get(text, (now - self._interval_s, 0))
        if now - at < self._interval_s:
            self._said[text] = (at, held + 1)
            return None
        for other in [other for other, (at, _) in self._said.items() if now - at >= self._interval_s]:
            del self._said[other]
        self._said[text] = (now, 0)
        return f"{text} (and {held} times more since the last such line)" if held else text
''',
    "src/common/tdg_core_messages.py": '''\
"""What crosses the bridge: frozen dataclasses of plain values, told apart by their `kind`.

Thread: any.

A request goes from the main thread to the engine, an event comes back. A message holds only None, bool, int, float,
str, bytes and lists, tuples and dicts of them, so that the engine may live in a process of its own. Code asks for
`message.kind`, never for the class: two copies of a component have two copies of the classes.
"""

from dataclasses import dataclass, fields
from typing import Any, ClassVar, TypeVar

#: Raised by one whenever a message changes its meaning; both ends of a bridge must agree on it.
SCHEMA = 1


@dataclass(frozen=True)
class Message:
    """Base of all messages."""

    kind: ClassVar[str] = ""


M = TypeVar("M", bound=Message)

_KINDS: dict[str, type[Message]] = {}


def register(cls: type[M]) -> type[M]:
    """Class decorator: lets `from_plain` find the class by its `kind`.

    Raises:
        ValueError: The kind is empty or taken.
    """
    if not cls.kind or cls.kind in _KINDS:
        raise ValueError(f"Message kind {cls.kind!r} of {cls.__name__} is empty or taken; choose another one.")
    _KINDS[cls.kind] = cls
    return cls


def to_plain(message: Message) -> dict[str, Any]:
    """The message as a dict with its `kind`, for a transport or for SQLite."""
    return {"kind": message.kind} | {f.name: getattr(message, f.name) for f in fields(message)}


def from_plain(plain: dict[str, Any]) -> Message:
    """The reverse of `to_plain`. Fields that this version does not know are dropped, so a newer sender is understood.

    Raises:
        ValueError: The kind is unknown or a field without default is missing.
    """
    cls = _KINDS.get(plain.get("kind", ""))
    if cls is None:
        raise ValueError(f"Unknown message kind {plain.get('kind')!r}: the other end is of another version.")
    known = {f.name for f in fields(cls)}
    try:
        return cls(**{name: value for name, value in plain.items() if name in known})
    except TypeError:
        absent = ", ".join(sorted(known - plain.keys()))
        raise ValueError(f"Message {cls.kind!r} lacks a field (absent: {absent}): other version.") from None


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Configure(Message):
    """New settings; sent at start and whenever a parameter changes."""

    kind: ClassVar[str] = "configure"
    settings: dict[str, Any]


@register
@dataclass(frozen=True)
class Connect(Message):
    """Reach the server and prove it by a round trip; answered by `Connected` or `ConnectFailed`."""

    kind: ClassVar[str] = "connect"
    #: Which attempt this is; answers to older attempts are dropped.
    attempt: int


@register
@dataclass(frozen=True)
class Disconnect(Message):
    """Close everything that talks to the server; what waits goes on waiting."""

    kind: ClassVar[str] = "disconnect"


@register
@dataclass(frozen=True)
class Forget(Message):
    """Drop what is queued and remembered (the user's Reset)."""

    kind: ClassVar[str] = "forget"


@register
@dataclass(frozen=True)
class Accepted(Message):
    """A request that the user was promised; answered by `Stored` once the engine's store holds it.

    It may come twice (after a restart): a store remembers the last entry it took from each journal. Entry 0 is in no
    journal and always new.
    """

    kind: ClassVar[str] = "accepted"
    journal: str
    entry: int
    message: dict[str, Any]


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class PackagesReady(Message):
    """Google's packages can be imported: the attempt may go on."""

    kind: ClassVar[str] = "packages_ready"
    attempt: int


@register
@dataclass(frozen=True)
class Connected(Message):
    """The server has answered."""

    kind: ClassVar[str] = "connected"
    attempt: int
    project_id: str
    #: The bucket or database that answered.
    target: str


@register
@dataclass(frozen=True)
class ConnectFailed(Message):
    """The attempt ended without an answer; `code` as in `tdg_core_errors`."""

    kind: ClassVar[str] = "connect_failed"
    attempt: int
    code: str
    message: str


@register
@dataclass(frozen=True)
class Trouble(Message):
    """While connected, the server could not be reached any more."""

    kind: ClassVar[str] = "trouble"
    attempt: int
    code: str
    message: str


@register
@dataclass(frozen=True)
class Logged(Message):
    """A line for the log; `level` DEBUG, INFO, WARNING or ERROR."""

    kind: ClassVar[str] = "logged"
    level: str
    message: str


@register
@dataclass(frozen=True)
class Noticed(Message):
    """What the user should know although the engine goes on (a damaged file was moved aside): for log and status."""

    kind: ClassVar[str] = "noticed"
    message: str


@register
@dataclass(frozen=True)
class Stored(Message):
    """The engine's own store holds these journal entries: the journal may forget them."""

    kind: ClassVar[str] = "stored"
    entries: tuple[int, ...]


@register
@dataclass(frozen=True)
class EngineEnded(Message):
    """The engine is gone without being asked to; `message` says why."""

    kind: ClassVar[str] = "engine_ended"
    message: str
''',
    "src/common/tdg_core_packages.py": '''\
"""Which packages a component needs, which versions a lock asks for, and what packages ask of each other.

Thread: any.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Where TouchDesigner lets no thread but the main one import, these come first, one per frame and leaf before root, so
#: that no single step takes long. Those that are not installed are left out.
STEPS = (
    "email.message",
    "http.client",
    "urllib.request",
    "asyncio",
    "decimal",
    "google.protobuf.message",
    "google.protobuf.descriptor_pb2",
    "google.protobuf.struct_pb2",
    "google.rpc.error_details_pb2",
    "proto",
    "cryptography.hazmat.bindings._rust",
    "cryptography.x509",
    "cryptography.hazmat.primitives.serialization",
    "charset_normalizer",
    "idna",
    "urllib3",
    "requests.packages",
    "requests",
    "google.auth.crypt",
    "google.auth.transport.requests",
    "grpc._cython.cygrpc",
    "grpc",
    "grpc_status.rpc_status",
    "google.api_core.exceptions",
    "google.api_core.retry",
    "google.api_core.gapic_v1",
    "h2.connection",
    "httpcore",
    "httpx",
    "jwt",
    "cachecontrol",
    "firebase_admin",
    "opentelemetry.trace",
    "google.cloud.firestore_v1.types",
)

_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\\s;]+)[ ]*(?:;[ ]*([^\\\\\\n]*?))?[ ]*\\\\?$", re.MULTILINE)
_REQUIREMENT = re.compile(r"^\\s*([A-Za-z0-9._-]+)\\s*(?:\\[[^\\]]*\\])?\\s*\\(?([^;)]*)\\)?\\s*(?:;(.*))?$")
_CLAUSE = re.compile(r"(===|==|~=|!=|<=|>=|<|>)\\s*([^\\s,]+)")


def pins(lock: str) -> dict[str, str]:
    """The versions a lock file asks for: package (with the marker where it has one) -> version."""
    return {f"{name.lower()};{marker or ''}": version for name, version, marker in _PIN.findall(lock)}


def supersedes(wanted: Mapping[str, str], present: Mapping[str, str]) -> bool:
    """Whether an environment made from the pins `present` should be made anew from `wanted`.

    An order: of two components with different locks exactly one supersedes the other, so they never take turns at
    replacing each other's packages.
    """
    return _rank(wanted, present) > _rank(present, wanted)


def _rank(one: Mapping[str, str], other: Mapping[str, str]) -> tuple[int, list[str]]:
    both = sorted(one.keys() & other.keys())
    newer = [name for name in both if number(one[name]) > number(other[name])]
    return len(newer) + len(one.keys() - other.keys()), newer


def number(version: str) -> tuple[int, ...]:
    """A version's leading numbers, for comparisons; `2.10.0rc1` counts as 2.10.0."""
    found = re.match(r"\\D*(\\d+(?:\\.\\d+)*)", version)
    parts = [int(part) for part in found[1].split(".")] if found else []
    while parts and parts[-1] == 0:
        parts.pop()
    return tuple(parts)


@dataclass(frozen=True)
class Requirement:
    """One line of what a package needs: `requests (>=2.20.0,<3) ; extra == 'x'`."""

    name: str
    clauses: tuple[tuple[str, str], ...]
    #: It holds on all systems and without extras.
    always: bool

    @classmethod
    def parse(cls, line: str) -> "Requirement | None":
        """None for a line that is none."""
        found = _REQUIREMENT.match(line)
        if found is None:
            return None
        name, clauses, marker = found.groups()
        return cls(normalised(name), tuple(_CLAUSE.findall(clauses)), not marker)

    def allows(self, version: str) -> bool:
        """Whether that version will do. What this does not understand is allowed."""
        return all(_holds(number(version), operator, text) for operator, text in self.clauses)

    def __str__(self) -> str:
        return ", ".join(f"{operator}{version}" for operator, version in self.clauses)


def normalised(name: str) -> str:
    """A package's name as all spellings of it agree on (https://packaging.python.org/specifications/name-normalization)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _holds(version: tuple[int, ...], operator: str, text: str) -> bool:
    limit = number(text)
    if operator == "~=":
        given = len(text.split("."))
        return version >= limit and version[: given - 1] == (limit + (0,) * given)[: given - 1]
    if text.endswith(".*"):
        same = version[: len(limit)] == limit
        return same if operator == "==" else not same
    return {
        ">=": version >= limit,
        ">": version > limit,
        "<=": version <= limit,
        "<": version < limit,
        "==": version == limit,
        "!=": version != limit,
    }.get(operator, True)


def listed(names: Iterable[str]) -> str:
    """`a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last
''',
    "src/common/tdg_core_retry.py": '''\
"""Backoff as arithmetic and the circuit breaker as a value, both without a clock.

Thread: any.
"""

from dataclasses import dataclass

CLOSED = "closed"
OPEN = "open"
HALF_OPEN = "half_open"

#: Beyond this many failures the documented formula stops growing.
_MAX_EXPONENT = 10

#: A probe that nobody has reported on for that long is taken for lost (longer with a longer *Circuit Timeout*).
PROBE_PATIENCE_S = 120.0


@dataclass(frozen=True)
class BreakerSettings:
    """The four parameters of the Conn page."""

    failure_threshold: int = 5
    timeout_s: float = 60.0
    backoff_base: float = 2.0
    backoff_max_s: float = 300.0


def backoff_s(failures: int, settings: BreakerSettings) -> float:
    """Seconds to wait after that many consecutive failures: `min(base ** min(failures, 10), max)`."""
    longest = max(settings.backoff_max_s, 0.0)
    try:
        return float(min(max(settings.backoff_base, 0.0) ** min(failures, _MAX_EXPONENT), longest))
    except OverflowError:
        return longest


def jittered(seconds: float, random: float) -> float:
    """Half to all of `seconds`, so that many machines do not come back in step; `random` is in [0, 1)."""
    return seconds * (0.5 + 0.5 * random)


class Breaker:
    """Counts consecutive failures and says whether an attempt is allowed.

    `closed`: all attempts. `open`: none until `timeout_s` has passed since it opened. `half_open`: one probe, whose
    success closes and whose failure opens again. Times are monotonic seconds, given by the caller.
    """

    def __init__(self, settings: BreakerSettings) -> None:
        self.settings = settings
        self.failures = 0
        self._opened_at: float | None = None
        self._probe_since: float | None = None

    def state(self, now: float) -> str:
        """`closed`, `open` or `half_open`."""
        if self._opened_at is None:
            return CLOSED
        return OPEN if now < self._opened_at + self.settings.timeout_s else HALF_OPEN

    def can_attempt(self, now: float) -> bool:
        """Whether one attempt may start now; in `half_open` a True hands out the only probe.

        A probe that was never reported is given up after a while, so a lost one cannot block for ever.
        """
        state = self.state(now)
        if state == CLOSED:
            return True
        if state == OPEN:
            return False
        if self._probe_since is not None and now < self._probe_since + self._probe_patience_s():
            return False
        self._probe_since = now
        return True

    def wait_s(self, now: float) -> float:
        """Seconds until the next attempt can be allowed; 0 when it can be now."""
        if self._opened_at is None:
            return 0.0
        if self._probe_since is None:
            return max(0.0, self._opened_at + self.settings.timeout_s - now)
        return max(0.0, self._probe_since + self._probe_patience_s() - now)

    def success(self) -> None:
        """An attempt succeeded: closed, nothing counted."""
        self.reset()

    def failure(self, now: float) -> None:
        """An attempt failed: counted; opens at the threshold, and again whenever a probe fails.

        While open it only counts: what began before the circuit opened does not keep it open for longer.
        """
        state = self.state(now)
        self.failures += 1
        if state == OPEN:
            return
        self._probe_since = None
        if state == HALF_OPEN or self.failures >= max(1, self.settings.failure_threshold):
            self._opened_at = now

    def release(self) -> None:
        """An attempt ended without an answer about the server (a configuration error, a disconnect)."""
        self._probe_since = None

    def reset(self) -> None:
        """As new."""
        self.failures = 0
        self._opened_at = None
        self._probe_since = None

    def _probe_patience_s(self) -> float:
        return max(self.settings.timeout_s, PROBE_PATIENCE_S)
''',
    "src/common/tdg_core_settings.py": '''\
"""Parameters as checked, plain settings.

Thread: any.

The main thread reads the parameters into a dict (`tdg_td_params`), this module makes settings of it, and from there on
nobody asks a parameter again. Values out of range are brought into it: TouchDesigner clamps only what a user types.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

import tdg_core_retry

#: Names of the parameters below, in the order of the fields they fill.
CONNECTION_PARAMETERS = ("Privatekey", "Emulatorhost", "Useadc")
BREAKER_PARAMETERS = ("Circuitfailurethreshold", "Circuittimeout", "Backoffbase", "Backoffmax")

NOT_CONFIGURED = (
    "Nothing to connect with: set *Private Key File* to the JSON key of a service account, or *Emulator Host* to the "
    "host:port of an emulator."
)


@dataclass(frozen=True)
class Settings:
    """What both components need to connect; each component adds its own fields in a subclass."""

    #: Name of the COMP; part of the Firebase app's name.
    component: str = ""
    #: Absolute path of the service-account key, or empty.
    private_key_file: str = ""
    #: `host:port` of an emulator, or empty.
    emulator_host: str = ""
    use_adc: bool = False
    #: Bucket name or database id as typed; empty means the documented default.
    target: str = ""
    #: Absolute path of the engine's SQLite file; empty keeps everything in memory.
    store_file: str = ""

    @property
    def configured(self) -> bool:
        """Whether there is anything to connect with."""
        return bool(self.private_key_file or self.emulator_host or self.use_adc)

    def connects_like(self, other: "Settings") -> bool:
        """Whether a connection made with `other` serves these settings, too."""
        names = [f.name for f in fields(Settings) if f.name != "store_file"]
        return all(getattr(self, name) == getattr(other, name) for name in names)

    def as_plain(self) -> dict[str, Any]:
        """For a message."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `as_plain`; fields of another version are dropped."""
        known = {f.name for f in fields(cls)}
        return cls(**{name: value for name, value in plain.items() if name in known})


def breaker(values: Mapping[str, Any]) -> tdg_core_retry.BreakerSettings:
    """The breaker's settings from the parameters of the Conn page."""
    usual = tdg_core_retry.BreakerSettings()
    return tdg_core_retry.BreakerSettings(
        failure_threshold=max(1, int(number(values, "Circuitfailurethreshold", usual.failure_threshold))),
        timeout_s=max(0.0, number(values, "Circuittimeout", usual.timeout_s)),
        backoff_base=max(0.0, number(values, "Backoffbase", usual.backoff_base)),
        backoff_max_s=max(0.0, number(values, "Backoffmax", usual.backoff_max_s)),
    )


def number(values: Mapping[str, Any], name: str, usual: float) -> float:
    """A parameter's number; `usual` where it is missing or none."""
    try:
        value = float(values.get(name, usual))
    except (TypeError, ValueError):
        return float(usual)
    return value if math.isfinite(value) else float(usual)


def text(values: Mapping[str, Any], name: str) -> str:
    """A parameter's text without blanks around it; empty where it is missing."""
    value = values.get(name)
    return "" if value is None else str(value).strip()
''',
    "src/common/tdg_disk_files.py": '''\
"""Local files that are never seen half: read with a fingerprint, written beside the target and put in place at once.

Thread: any.
"""

import contextlib
import errno
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: What a partial file's name begins and ends with; the rest is the id of its job.
_PARTIAL_PREFIX = ".tdg-"
_PARTIAL_SUFFIX = ".part"

#: Bytes read or written at once: large enough to cost little Python, small enough to be cancelled quickly.
BLOCK = 256 << 10

#: How often, and with what pause in seconds, a target that another program holds open is tried (Windows).
_REPLACE_TRIES = 20 if os.name == "nt" else 1
_REPLACE_PAUSE_S = 0.5


@dataclass(frozen=True)
class Fingerprint:
    """What tells cheaply that a file is still the one that was looked at."""

    size: int
    mtime_ns: int

    @classmethod
    def of(cls, status: os.stat_result) -> "Fingerprint":
        """From the result of a stat call."""
        return cls(status.st_size, status.st_mtime_ns)


@contextlib.contextmanager
def explained(path: str | Path, doing: str) -> Iterator[None]:
    """Turns an OSError inside into the sentence for it: `doing` and the path, what is wrong, what to do.

    Raises:
        CloudError: `local` (the file) or `disk` (no room, read-only).
    """
    try:
        yield
    except OSError as error:
        code, why = _why(error)
        raise CloudError(code, f"Cannot {doing} {path}: {why}.") from error


def _why(error: OSError) -> tuple[str, str]:
    if error.errno in {errno.ENOSPC, errno.EDQUOT}:
        return "disk", "the disk is full; make room and try again"
    if error.errno == errno.EROFS:
        return "disk", "the disk is read-only; choose another folder"
    if isinstance(error, FileNotFoundError):
        return "local", "it does not exist; check the path"
    if isinstance(error, IsADirectoryError):
        return "local", "it is a folder; give the path of a file"
    if isinstance(error, (NotADirectoryError, FileExistsError)):
        return "local", "a part of its path is a file, not a folder; rename one of them"
    if isinstance(error, PermissionError):
        return "local", "it is locked by another program or its permissions forbid it; close the program or change them"
    if error.errno == errno.ENAMETOOLONG:
        return "local", "the path is too long for this system; shorten it"
    return "local", error.strerror or type(error).__name__


def open_to_read(path: str | Path) -> tuple[BinaryIO, Fingerprint]:
    """The open file and what it is now.

    Raises:
        CloudError: `local`.
    """
    with explained(path, "read"):
        file = Path(path).open("rb", buffering=0)  # noqa: SIM115  closed by the caller
        return file, Fingerprint.of(os.fstat(file.fileno()))


def fingerprint(path: str | Path) -> Fingerprint | None:
    """What the file is now; None if it is not there or no file."""
    try:
        status = os.stat(path)  # noqa: PTH116  measurably cheaper than a Path
    except (OSError, ValueError):
        return None
    return Fingerprint.of(status) if _is_regular(status) else None


def _is_regular(status: os.stat_result) -> bool:
    return (status.st_mode & 0o170000) == 0o100000


def blocks(file: BinaryIO, start: int, length: int) -> Iterator[bytes]:
    """That part of a file, `BLOCK` bytes at a time.

    Raises:
        CloudError: `local` when the file ends before or cannot be read.
    """
    with explained(file.name, "read"):
        file.seek(start)
    while length > 0:
        with explained(file.name, "read"):
            block = file.read(min(BLOCK, length))
        if not block:
            raise CloudError("local", f"{file.name} became shorter while it was read; it is still being written.")
        length -= len(block)
        yield block


def checksum(file: BinaryIO, start: int, length: int, extend: Callable[[int, bytes], int], crc: int = 0) -> int:
    """The CRC32C `crc` continued over that part of a file; `extend` is Google's.

    Raises:
        CloudError: As `blocks`.
    """
    for block in blocks(file, start, length):
        crc = extend(crc, block)
    return crc


# Writing --------------------------------------------------------------------------------------------------------------


def partial(target: str | Path, job: str) -> Path:
    """Where a job collects what will become `target`: in the same folder, so that one step puts it in place."""
    return Path(target).with_name(f"{_PARTIAL_PREFIX}{job}{_PARTIAL_SUFFIX}")


def is_partial(name: str) -> bool:
    """Whether a file name is that of a partial file."""
    return name.startswith(_PARTIAL_PREFIX) and name.endswith(_PARTIAL_SUFFIX)


def make_folder(path: str | Path, root: str = "") -> None:
    """Makes the folder for a file; below `root`, if one is given, also when symbolic links are followed.

    Raises:
        CloudError: `local`, `disk`, or `unsafe` when a link leads out of the root.
    """
    folder = Path(path).parent
    if root:
        _refuse_links_out(folder, root)
    with explained(folder, "make the folder"):
        folder.mkdir(parents=True, exist_ok=True)


def _refuse_links_out(folder: Path, root: str) -> None:
    with explained(folder, "look at"):
        real, real_root = os.path.realpath(folder), os.path.realpath(root)
    if real != real_root and not real.startswith(real_root.rstrip(os.sep) + os.sep):
        raise CloudError("unsafe", f"{folder} leads out of {root} through a link; give the absolute path to allow it.")


def open_partial(path: Path, size: int) -> None:
    """Makes a partial file of that size, or brings an existing one to it; its content is whatever was there.

    Raises:
        CloudError: `local` or `disk`.
    """
    with explained(path, "write"), path.open("ab", buffering=0) as file:
        file.truncate(size)


@contextlib.contextmanager
def writing(path: Path, start: int) -> Iterator[Callable[[bytes], None]]:
    """A function that writes into an existing file from `start` on.

    Raises:
        CloudError: `local` or `disk`.
    """
    with explained(path, "write"):
        file = path.open("r+b", buffering=0)
    with file:
        file.seek(start)

        def write(data: bytes) -> None:
            view = memoryview(data)
            with explained(path, "write"):
                while view:
                    view = view[file.write(view) :]

        yield write


def put_in_place(path: Path, target: str | Path, sleep: Callable[[float], None] = time.sleep) -> None:
    """Brings a finished file to the disk and makes it `target` in one step, replacing what is there.

    Windows refuses while another program holds the target open (a movie that plays); that is waited for a while.

    Raises:
        CloudError: `local` or `disk`; the partial file is left.
    """
    with explained(target, "write"), path.open("r+b") as file:
        os.fsync(file.fileno())
    with explained(target, "replace"):
        for _ in range(_REPLACE_TRIES - 1):
            with contextlib.suppress(PermissionError):
                path.replace(target)
                break
            sleep(_REPLACE_PAUSE_S)
        else:
            path.replace(target)
    _force_folder(Path(target).parent)


def _force_folder(folder: Path) -> None:
    """Brings a rename to the disk; Windows does so by itself."""
    if os.name == "nt":
        return
    with contextlib.suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def write_whole(path: Path, data: bytes) -> None:
    """Writes a new file completely, on the disk when this returns.

    Raises:
        CloudError: `local` or `disk`; nothing is left at `path` then.
    """
    make_folder(path)
    part = path.with_name(f"{path.name}{_PARTIAL_SUFFIX}")
    try:
        with explained(path, "write"):
            part.write_bytes(data)
        put_in_place(part, path)
    except CloudError:
        remove(part)
        raise


def remove(path: str | Path) -> None:
    """Removes a file of ours, if it is there and can be."""
    with contextlib.suppress(OSError):
        Path(path).unlink()
''',
    "src/common/tdg_disk_home.py": '''\
"""Which files in the cache folder belong to which component.

Thread: any.

Two components must not share a queue: both would send it. So a component holds a lock on its home, a set of files with
a common stem, for as long as it runs; the lock file says whose home it is.
"""

import functools
import os
from collections.abc import Callable
from pathlib import Path

import tdg_disk_lock

#: So many components of one kind can have a home in one folder.
_MOST = 100


class Home:
    """The files of one running component: `<folder>/<stem>.db` and its companions.

    Args:
        folder: The cache folder; made if it is missing.
        stem: The name that a project's only component of that kind gets, e.g. `gcp`.
        owner: The component's path in the network.
        exists: Whether there is a component at a path; one that is gone leaves its home to the next.

    Raises:
        OSError: The folder cannot be written to.
    """

    def __init__(self, folder: Path, stem: str, owner: str, exists: Callable[[str], bool]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        name = owner.rsplit("/", 1)[-1]
        mine = [path.stem for path in sorted(folder.glob(f"{stem}.*lock")) if _owner_of(path) == owner]
        # A dot, which no component's name has, keeps the homes of `gcp` apart from those of `gcp-storage`.
        spare = [f"{stem}.{name}", *(f"{stem}.{name}.{number}" for number in range(2, _MOST))]
        for candidate in (*mine, stem, *spare):
            path = folder / f"{candidate}.lock"
            former = _owner_of(path)
            if former in {"", owner} or not exists(former):
                descriptor = tdg_disk_lock.acquire(path, owner)
                if descriptor is not None:
                    # Bound to the object: it is called when TouchDesigner may have cleared this module's globals.
                    self._close: Callable[[], None] | None = functools.partial(os.close, descriptor)
                    self.folder = folder
                    self.stem = candidate
                    return
        raise OSError(f"all {_MOST} homes of {name} in {folder} are in use")

    def file(self, suffix: str) -> Path:
        """A file of this home, e.g. `.db` or `-journal.db`."""
        return self.folder / f"{self.stem}{suffix}"

    def leave(self) -> None:
        """Gives the lock back; the files stay. Idempotent."""
        close, self._close = self._close, None
        if close is not None:
            close()


def _owner_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return ""
''',
    "src/common/tdg_disk_key.py": '''\
"""Reads a service-account key file and says in words what is wrong with it.

Thread: any.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: A key has two to three thousand bytes; a file beyond this is something else and is not read whole.
_LARGEST = 1 << 20

_HOW = "create a JSON key in the Google Cloud console under IAM, Service accounts, Keys"

#: How a PKCS #12 file begins (a DER sequence with a two-byte length).
_P12 = b"\\x30\\x82"

#: What else comes as JSON from Google's consoles: a field that tells it, and what to say.
_MISTAKEN = {
    "installed": f"is an OAuth client file, not a service-account key; {_HOW}",
    "web": f"is an OAuth client file, not a service-account key; {_HOW}",
    "project_info": f"is the configuration of an Android app, not a service-account key; {_HOW}",
    "apiKey": f"is the configuration of a web app, not a service-account key; {_HOW}",
}

#: The same, told by the field `type`.
_MISTAKEN_TYPES = {
    "authorized_user": "holds a person's login, not a service-account key; leave *Private Key File* empty and turn "
    f"*Use ADC* on, or {_HOW}",
    "external_account": "describes an external identity, not a service-account key; set the environment variable "
    "GOOGLE_APPLICATION_CREDENTIALS to it, leave *Private Key File* empty and turn *Use ADC* on",
    "impersonated_service_account": "describes an impersonated account, not a service-account key; set the environment "
    "variable GOOGLE_APPLICATION_CREDENTIALS to it, leave *Private Key File* empty and turn *Use ADC* on",
}


@dataclass(frozen=True)
class Key:
    """A service account's key; `info` holds the secret and never appears in a repr."""

    project_id: str
    email: str
    info: dict[str, Any] = field(repr=False)


def read_key(path: str) -> Key:
    """Reads and checks the key file.

    Raises:
        CloudError: `config`, with a sentence that says what the file is instead and what to do.
    """
    data = _read(path)
    if data.startswith(_P12) or Path(path).suffix.lower() in {".p12", ".pfx"}:
        raise _wrong(path, f"is a P12 key, which Google's libraries no longer take; {_HOW}")
    try:
        info = json.loads(data)
    except (ValueError, RecursionError):
        raise _wrong(path, f"is not JSON, so it is no service-account key; {_HOW}") from None
    if not isinstance(info, dict):
        raise _wrong(path, f"holds no service-account key; {_HOW}")
    for name, sentence in _MISTAKEN.items():
        if name in info:
            raise _wrong(path, sentence)
    kind = info.get("type")
    if kind in _MISTAKEN_TYPES:
        raise _wrong(path, _MISTAKEN_TYPES[kind])
    if not info.get("project_id"):
        raise _wrong(path, f"has no project_id, so it is no complete service-account key; {_HOW}")
    missing = [name for name in ("client_email", "private_key", "token_uri") if not info.get(name)]
    if kind != "service_account" or missing:
        raise _wrong(path, f"is no complete service-account key ({', '.join(missing) or 'type'} is missing); {_HOW}")
    return Key(str(info["project_id"]), str(info["client_email"]), info)


def _read(path: str) -> bytes:
    try:
        with Path(path).open("rb") as file:
            data = file.read(_LARGEST + 1)
    except FileNotFoundError:
        raise CloudError(
            "config", f"The key file {path} does not exist. Set *Private Key File* to it, or {_HOW}."
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "no legal file name"
        raise CloudError(
            "config", f"The key file {path} cannot be read ({reason}). Check its path and its permissions."
        ) from None
    if len(data) > _LARGEST:
        raise _wrong(path, f"is far too large for a service-account key; {_HOW}")
    return data


def _wrong(path: str, sentence: str) -> CloudError:
    return CloudError("config", f"{path} {sentence}.")
''',
    "src/common/tdg_disk_lock.py": '''\
"""A lock between processes, held through an open file: the system releases it when its holder dies.

Thread: any.
"""

import os
import sys
from pathlib import Path

if sys.platform == "win32":
    import msvcrt

    #: Raised when someone else holds the lock.
    _TAKEN: tuple[type[OSError], ...] = (PermissionError,)

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
else:
    import fcntl

    _TAKEN = (BlockingIOError,)

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


#: Where the locked byte lies: beyond the text, so that the text can be read while it is locked on Windows.
_LOCKED_BYTE = 1 << 20


def acquire(path: Path, text: str) -> int | None:
    """Locks the file, making it if need be, and writes `text` into it.

    A file system without locks (some network drives) grants every one: there, one process at a time is up to the user.

    Returns:
        The descriptor to close to release the lock; None if someone else, in this process or another, holds it.

    Raises:
        OSError: The file cannot be written to.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        os.lseek(descriptor, _LOCKED_BYTE, os.SEEK_SET)
        try:
            _lock(descriptor)
        except _TAKEN:
            os.close(descriptor)
            return None
        except OSError:
            pass
        os.lseek(descriptor, 0, os.SEEK_SET)
        os.ftruncate(descriptor, 0)
        os.write(descriptor, text.encode())
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
''',
    "src/common/tdg_disk_sqlite.py": '''\
"""Opens SQLite files safely: migrated forward, moved aside when damaged, what can be read carried over.

Thread: any; a connection stays on the thread that opened it.
"""

import contextlib
import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: Called with a level and a line for the log whenever a file could not be used as it was.
Tell = Callable[[str, str], None]

#: Failures for which another file in the same place does not help: the disk is full, cannot be written to, breaks.
#: Whatever else happens while a file is opened comes from what is in it, or from who holds it.
#: (https://www.sqlite.org/rescode.html)
_NOT_THE_FILE = {
    sqlite3.SQLITE_FULL: "the disk is full; make room",
    sqlite3.SQLITE_READONLY: "it is read-only; allow writing",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened; check the permissions of the folder",
    sqlite3.SQLITE_PERM: "it may not be written to; check the permissions of the folder",
    sqlite3.SQLITE_AUTH: "it may not be written to; check the permissions of the folder",
    sqlite3.SQLITE_IOERR: "the disk reports an error; check it",
    sqlite3.SQLITE_NOMEM: "memory is exhausted; free some",
}


def open_database(
    path: Path | None, migrations: Sequence[str], tell: Tell, timeout_s: float = 5.0
) -> sqlite3.Connection:
    """A connection in autocommit mode, write-ahead log on, schema up to date.

    Args:
        path: The file; None for a database in memory.
        migrations: SQL scripts; the n-th brings a file of schema version n-1 to n (`PRAGMA user_version`).
        tell: Told when the file was moved aside.
        timeout_s: How long to wait for another connection's lock.

    Raises:
        CloudError: `config` when the file was written by a newer version of the component; `disk` when neither the file
            nor a fresh one can be used.
    """
    if path is None:
        return _migrated(sqlite3.connect(":memory:", isolation_level=None), "the cache", migrations)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return _connect(path, migrations, timeout_s)
    except sqlite3.DatabaseError as error:
        advice = _NOT_THE_FILE.get(_code(error) & 0xFF)
        if advice is not None:
            raise CloudError("disk", f"{path} cannot be used: {advice}, or choose another *Cache Folder*.") from error
        return _start_afresh(path, migrations, timeout_s, str(error), tell)
    except OSError as error:
        raise CloudError(
            "disk", f"Cannot use the folder {path.parent}: {error.strerror}. Choose another *Cache Folder*."
        ) from error


def force(
    path: Path,
    # Bound here: TouchDesigner may clear a module's globals under its threads.
    connect: Callable[..., sqlite3.Connection] = sqlite3.connect,
    errors: type[Exception] = sqlite3.Error,
) -> None:
    """Brings everything committed so far to the disk and empties the write-ahead file into the database.

    A passive checkpoint takes no lock that a writer waits for (https://www.sqlite.org/wal.html). A file that is gone
    is not made anew.
    """
    try:
        connection = connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0.0)
    except errors:
        return
    try:
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
    except errors:
        pass  # what could not be forced now is forced the next time
    finally:
        connection.close()


def _connect(path: Path, migrations: Sequence[str], timeout_s: float) -> sqlite3.Connection:
    # isolation_level None: no BEGIN behind our back.
    connection = sqlite3.connect(path, isolation_level=None, timeout=timeout_s)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise sqlite3.DatabaseError(found)
        connection.execute("PRAGMA journal_mode = WAL")
        return _migrated(connection, str(path), migrations)
    except BaseException:
        connection.close()
        raise


def _migrated(connection: sqlite3.Connection, name: str, migrations: Sequence[str]) -> sqlite3.Connection:
    version, newest = connection.execute("PRAGMA user_version").fetchone()[0], len(migrations)
    if version > newest:
        raise CloudError(
            "config",
            f"{name} was written by a newer version of this component (schema {version}, this one knows {newest}). "
            "Update the component or choose another *Cache Folder*.",
        )
    # Takes the write lock even when there is nothing to migrate: a file someone else holds is found now and not at
    # the first request.
    scripts = "".join(f"{script};" for script in migrations[version:])
    connection.executescript(f"BEGIN IMMEDIATE;{scripts}PRAGMA user_version = {newest};COMMIT;")
    return connection


def _start_afresh(
    path: Path, migrations: Sequence[str], timeout_s: float, reason: str, tell: Tell
) -> sqlite3.Connection:
    """Moves a damaged or locked file aside, starts a new one and carries over what can still be read."""
    aside = _free_name(path)
    try:
        for suffix in ("", "-wal", "-shm"):
            with contextlib.suppress(FileNotFoundError):
                Path(f"{path}{suffix}").replace(f"{aside}{suffix}")
        connection = _connect(path, migrations, timeout_s)
    except (OSError, sqlite3.Error) as error:
        raise CloudError(
            "disk", f"{path} cannot be used ({reason}) and cannot be replaced ({error}). Free or unlock it."
        ) from error
    saved = _salvage(aside, connection)
    tell("ERROR", f"{path.name} was damaged or locked ({reason}); moved to {aside.name}, {saved} rows saved from it.")
    return connection


def _free_name(path: Path) -> Path:
    """`<name>.corrupt-<time>`, with a number behind it if there is one of this second."""
    stem = f"{path.name}.corrupt-{time.strftime('%Y%m%d-%H%M%S')}"
    names = (stem, *(f"{stem}-{number}" for number in range(2, 1000)))
    return next(aside for name in names if not (aside := path.with_name(name)).exists())


def _salvage(source: Path, target: sqlite3.Connection) -> int:
    """Copies every row that can still be read into the tables of the same name; returns how many."""
    saved = 0
    query = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    tables = [row[0] for row in target.execute(query)]
    with contextlib.suppress(sqlite3.Error), contextlib.closing(sqlite3.connect(source, timeout=0.0)) as old:
        target.execute("BEGIN")
        for table in tables:
            with contextlib.suppress(sqlite3.Error):
                known = {row[1] for row in target.execute(f"PRAGMA table_info({table})")}
                columns = [row[1] for row in old.execute(f"PRAGMA table_info({table})") if row[1] in known]
                names, marks = ", ".join(columns), ", ".join("?" * len(columns))
                for row in old.execute(f"SELECT {names} FROM {table}"):  # noqa: S608  names come from the schema
                    target.execute(f"INSERT OR IGNORE INTO {table} ({names}) VALUES ({marks})", row)  # noqa: S608
                    saved += 1
    if target.in_transaction:
        target.execute("COMMIT")
    return saved


def _code(error: sqlite3.Error) -> int:
    """SQLite's result code; corrupt where our own check found the damage."""
    return getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
''',
    "src/common/tdg_disk_venv.py": '''\
"""The virtual environment that all components of a project share: where things lie in it, and whether it is whole.

Thread: any.
"""

import contextlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_packages

CloudError = tdg_core_errors.CloudError

#: There is no environment for this version of Python on this system.
ABSENT = "absent"
#: There is one that something else has made.
FOREIGN = "foreign"
#: An installation of ours was cut short.
UNFINISHED = "unfinished"
#: It is whole, but was made for an older component.
OUTDATED = "outdated"
COMPLETE = "complete"

_STAMP = "td-gcp.json"


@dataclass(frozen=True)
class Venv:
    """One virtual environment.

    Attributes:
        folder: Where it is, or is to be.
        version: The Python it is for, such as `3.11`.
        windows: Which of the two layouts it has (https://docs.python.org/3/library/venv.html).
    """

    folder: Path
    version: str
    windows: bool

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if self.windows else "bin/python")

    @property
    def site_packages(self) -> Path:
        """Where its packages are."""
        return self.folder / ("Lib/site-packages" if self.windows else f"lib/python{self.version}/site-packages")

    @property
    def lock(self) -> Path:
        """The file that an installer keeps locked."""
        return self.folder.with_name(f"{self.folder.name}.lock")

    @property
    def _former(self) -> Path:
        return self.folder.with_name(f"{self.folder.name}.old")

    def status(self, wanted: Mapping[str, str]) -> str:
        """What the environment is, for a component whose lock asks for these pins."""
        stamp = self._stamp()
        if stamp is not None and not stamp.get("complete"):
            return UNFINISHED
        if not self.site_packages.is_dir():
            return ABSENT
        if stamp is None:
            return FOREIGN
        return OUTDATED if tdg_core_packages.supersedes(wanted, stamp.get("pins", {})) else COMPLETE

    def ours(self) -> bool:
        """Whether it was made by a component of this suite, so that its user has agreed to it before."""
        return self._stamp() is not None

    def set_aside(self) -> None:
        """Makes room for a new environment; what is there can be brought back.

        Raises:
            CloudError: `packages`: it is in use.
        """
        try:
            if self._former.exists() and not (self._stamp() or {}).get("complete"):
                _remove(self.folder)  # a replacement was cut short: what it was to replace is the better one
            else:
                _remove(self._former)
            if self.folder.exists():
                self.folder.replace(self._former)
        except OSError as error:
            raise CloudError(
                "packages",
                f"The environment {self.folder} cannot be replaced ({error.strerror}). Close every other "
                "TouchDesigner that has this project open, restart this one, and connect again.",
            ) from None

    def begin(self) -> None:
        """Says that packages are being installed; found at a start, it means that this was cut short.

        Raises:
            CloudError: `packages`: it cannot be written.
        """
        self._write({"complete": False, "version": self.version})

    def finish(self, pins: Mapping[str, str]) -> None:
        """Says that everything is there, and lets go of what was set aside."""
        self._write({"complete": True, "version": self.version, "pins": dict(pins)})
        with contextlib.suppress(OSError):
            _remove(self._former)

    def bring_back(self) -> None:
        """Undoes `set_aside` after a failure."""
        with contextlib.suppress(OSError):
            _remove(self.folder)
            if self._former.exists():
                self._former.replace(self.folder)

    def _stamp(self) -> dict[str, Any] | None:
        """What `begin` or `finish` wrote; an unreadable stamp counts as unfinished."""
        try:
            stamp = json.loads((self.folder / _STAMP).read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValueError):
            return {}
        return stamp if isinstance(stamp, dict) else {}

    def _write(self, stamp: dict[str, Any]) -> None:
        path = self.folder / _STAMP
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            temporary = path.with_suffix(".new")
            temporary.write_text(json.dumps(stamp, indent=1), encoding="utf-8")
            temporary.replace(path)
        except OSError as error:
            raise CloudError(
                "packages", f"Cannot write {path} ({error.strerror}). Make room, or allow writing there."
            ) from None


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
''',
    "src/common/tdg_gateway_app.py": '''\
"""Credentials and the named Firebase app that both gateways stand on.

Thread: worker only.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_core_settings
import tdg_disk_key
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

#: The project an emulator is told when no key names one; Firebase's tools use this form for projects without a cloud.
EMULATOR_PROJECT = "demo-td-gcp"

#: Seconds within which the token server must answer.
TOKEN_TIMEOUT_S = 20.0

#: So many copies of a component can be connected at once.
_MOST = 1000


@dataclass(frozen=True)
class App:
    """A Firebase app of this component alone.

    Attributes:
        project_id: The project that key, environment or emulator name.
        credentials: google-auth credentials for a client.
        close: Deletes the app; may be called more than once.
        fetch_token: Gets a new access token now; nothing to do for an emulator. Raises `CloudError` in words:
            `credentials`, `config`, `network`, `deadline` or `unavailable`.
    """

    project_id: str
    credentials: Any
    close: Callable[[], None]
    fetch_token: Callable[[], None]


@dataclass(frozen=True)
class _Packages:
    """What this file uses of Google's packages."""

    firebase_admin: Any
    credentials: Any
    anonymous: Any
    auth_error: type[Exception]
    auth_request: Callable[[], Any]


def open_app(settings: tdg_core_settings.Settings) -> App:
    """Makes the app `td_<component>`, with a number behind the name where another copy holds it.

    Raises:
        CloudError: `packages`, `config` or `credentials`.
    """
    packages = _packages()
    if settings.emulator_host:
        certificate, project_id = _anonymous(packages), _emulator_project(settings)
    else:
        certificate, project_id = _credential(settings, packages)
    app = _initialized(packages.firebase_admin, certificate, project_id, f"td_{settings.component}")
    request = None if settings.emulator_host else _Request(packages.auth_request())

    def close() -> None:
        try:
            packages.firebase_admin.delete_app(app)
        except ValueError:  # deleted already
            return
        if request is not None:
            request.close()

    def fetch_token() -> None:
        if request is not None:
            try:
                credentials.refresh(request)
            except Exception as error:
                # Of any kind, as an answer that is no JSON shows; without the original, whose text may hold a secret.
                raise tdg_gateway_errors.refused_token(error, request.skew_s) from None

    credentials = certificate.get_credential()
    return App(project_id, credentials, close, fetch_token)


class _Request:
    """google-auth's way to the token server, with a time limit, and a look at the server's clock."""

    def __init__(self, request: Any) -> None:
        self._request = request
        #: By how many seconds this computer's clock was ahead of the server that answered last.
        self.skew_s = 0.0

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        kwargs["timeout"] = TOKEN_TIMEOUT_S
        response = self._request(*args, **kwargs)
        self.skew_s = tdg_gateway_errors.skew_s(response.headers.get("Date"))
        return response

    def close(self) -> None:
        self._request.session.close()


def _initialized(firebase_admin: Any, certificate: Any, project_id: str, name: str) -> Any:
    for number in range(1, _MOST):
        try:
            options = {"projectId": project_id}
            return firebase_admin.initialize_app(certificate, options, name if number == 1 else f"{name}_{number}")
        except ValueError:  # taken
            continue
    raise CloudError("config", f"A thousand Firebase apps are called {name}; restart TouchDesigner.")


def _emulator_project(settings: tdg_core_settings.Settings) -> str:
    """An emulator needs no key, but one that is given names the project."""
    key_file = settings.private_key_file
    return tdg_disk_key.read_key(key_file).project_id if key_file else EMULATOR_PROJECT


def _credential(settings: tdg_core_settings.Settings, packages: _Packages) -> tuple[Any, str]:
    if settings.private_key_file:
        key = tdg_disk_key.read_key(settings.private_key_file)
        try:
            return packages.credentials.Certificate(key.info), key.project_id
        except ValueError:
            raise CloudError(
                "config", f"The private key in {settings.private_key_file} is damaged; download a new key file."
            ) from None
    if settings.use_adc:
        return _application_default(packages)
    raise CloudError("config", tdg_core_settings.NOT_CONFIGURED)


def _application_default(packages: _Packages) -> tuple[Any, str]:
    certificate = packages.credentials.ApplicationDefault()
    try:
        project_id = certificate.project_id
    except (packages.auth_error, OSError, ValueError) as error:
        raise tdg_gateway_errors.refused_token(error) from None
    if not project_id:
        raise CloudError(
            "config",
            "The Application Default Credentials name no project. Set the environment variable GOOGLE_CLOUD_PROJECT to "
            "its id, or run `gcloud config set project`.",
        )
    return certificate, str(project_id)


def _anonymous(packages: _Packages) -> Any:
    """An emulator asks for no credentials, but the app wants some."""

    class Anonymous(packages.credentials.Base):  # type: ignore[misc,name-defined]
        def get_credential(self) -> Any:
            return packages.anonymous()

    return Anonymous()


def _packages() -> _Packages:
    """The only place where this file imports Google's packages."""
    try:
        import firebase_admin
        import firebase_admin.credentials
        import google.auth.credentials
        import google.auth.exceptions
        import google.auth.transport.requests
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return _Packages(
        firebase_admin=firebase_admin,
        credentials=firebase_admin.credentials,
        anonymous=google.auth.credentials.AnonymousCredentials,
        auth_error=google.auth.exceptions.GoogleAuthError,
        auth_request=google.auth.transport.requests.Request,
    )
''',
    "src/common/tdg_gateway_errors.py": '''\
"""What goes wrong on the way to Google, as our own errors in words: network, certificates, clock, credentials, roles.

Thread: worker only.

Foreign exceptions are told apart by the names of their classes, so that nothing is imported for it and both gateways,
whatever they are built on, share one mapping. Their texts are searched for known words and never passed on: they may
hold parts of a key.
"""

import email.utils
import ssl
import time
from collections.abc import Iterator

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: A clock that is off by more than that makes Google refuse tokens (they are valid for an hour, minus leeway).
_TOLERATED_SKEW_S = 300.0

CLOCK = "This computer's clock is wrong, so Google refuses its credentials. Let the system set date and time by itself."

# Verification results of OpenSSL: https://docs.openssl.org/3.0/man1/openssl-verification-options/
_NOT_YET_VALID, _EXPIRED, _OTHER_HOST, _OTHER_ADDRESS = 9, 10, 62, 64
_SOMEONE_ELSE = (
    "belongs to someone else; a Wi-Fi sign-in page or a proxy answers in its place. Open a browser on this computer "
    "and sign in to the network, or ask its administrator"
)

_CERTIFICATE = {
    _NOT_YET_VALID: "is not valid yet; this computer's clock is probably wrong. Let the system set date and time",
    _EXPIRED: "has expired; this computer's clock is probably wrong. Let the system set date and time",
    _OTHER_HOST: _SOMEONE_ELSE,
    _OTHER_ADDRESS: _SOMEONE_ELSE,
}
_UNTRUSTED = (
    "is not trusted; a proxy or virus scanner probably reads the traffic. Ask its administrator for its certificate "
    "and set the environment variable REQUESTS_CA_BUNDLE (and GRPC_DEFAULT_SSL_ROOTS_FILE_PATH) to a file with it"
)

_SIGN_IN = "Open a browser on this computer: a Wi-Fi sign-in page may be waiting."

#: What can be wrong on the way to {host}.
_NO_NAME = "The name {host} cannot be looked up. Check the network cable or Wi-Fi."
_NO_TLS = f"No encrypted connection to {{host}} can be made; a proxy or firewall interferes. {_SIGN_IN}"
_NO_LISTENER = "Nothing listens at {host}. Check the address, and whether the server runs."
_NO_GRPC = f"What answers at {{host}} does not speak gRPC. Check the address. {_SIGN_IN}"
_BAD_CERTIFICATE = f"The certificate of {{host}} {_UNTRUSTED}."

#: What the details of a gRPC status say of the way to the server, in order: the first that fits.
_RPC_DETAILS = (
    (("certificate verify failed", "certificate_verify_failed"), _BAD_CERTIFICATE),
    (("dns resolution failed", "name resolution", "address lookup failed"), _NO_NAME),
    (("handshake", "ssl"), _NO_TLS),
    (("failed parsing http/2",), _NO_GRPC),
    (("connection refused",), _NO_LISTENER),
)

_IN_PLACE = f"Something else answers in place of Google's token server. {_SIGN_IN}"
_LOGIN = "The login of Application Default Credentials has expired. Run `gcloud auth application-default login`."
_GONE = "The service account of this key no longer exists. Create a new service account and key."
_DISABLED = "The service account or its key is disabled. Enable it in the Google Cloud console under Service accounts."
_DELETED = (
    "Google refuses the key: it was deleted or belongs to another service account. Create a new key in the Google "
    "Cloud console under IAM, Service accounts, Keys."
)
_NOT_ALLOWED = "Google does not allow this account to get a token. Use the key of a service account of the project."

#: What the token server says of a refused login, in order: the first that fits.
_TOKEN_ANSWERS = (
    (("reasonable timeframe", "check your iat", "token used too early"), CLOCK),
    (("reauthentication", "rapt", "expired or revoked", "bad request"), _LOGIN),
    (("account not found", "account has been deleted", "user not found"), _GONE),
    (("disabled",), _DISABLED),
    (("invalid jwt signature", "invalid_grant", "invalid signature"), _DELETED),
    (("invalid_client", "unauthorized_client", "invalid_scope", "access_denied"), _NOT_ALLOWED),
)


def unreachable(error: BaseException, host: str) -> CloudError:
    """What kept an answer of `host` from arriving: `network` or `deadline`, with the cause and what to do.

    Args:
        error: From `socket`, `ssl`, `http.client`, urllib3, requests, google-auth or httpx.
        host: Whom it was about, e.g. `oauth2.googleapis.com`.
    """
    chain = list(_chain(error))
    kinds = {name for part in chain for name in _kinds(part)}
    texts = " ".join(str(part) for part in chain).lower()
    certificate = next((part for part in chain if isinstance(part, ssl.SSLCertVerificationError)), None)
    if certificate is not None or "CertificateError" in kinds:  # urllib3 compares the names by itself
        code = _OTHER_HOST if certificate is None else certificate.verify_code
        return CloudError("network", f"The certificate of {host} {_CERTIFICATE.get(code, _UNTRUSTED)}.")
    if "ProxyError" in kinds or "tunnel connection failed" in texts:
        return CloudError("network", _proxy_sentence(texts, host))
    if kinds & {"gaierror", "NameResolutionError"}:
        return CloudError("network", _NO_NAME.format(host=host))
    if "SSLError" in kinds:
        return CloudError("network", _NO_TLS.format(host=host))
    if "ConnectionRefusedError" in kinds:
        return CloudError("network", _NO_LISTENER.format(host=host))
    if kinds & {"TimeoutError", "Timeout", "ConnectTimeout", "ReadTimeout", "ConnectTimeoutError", "ReadTimeoutError"}:
        return CloudError("deadline", f"{host} does not answer. Check the network. {_SIGN_IN}")
    return CloudError("network", f"The connection to {host} broke. Check the network; it is tried again.")


def refused_token(error: BaseException, skew_s: float = 0.0) -> CloudError:
    """Why google-auth could not get a token.

    Args:
        error: What `refresh` or `google.auth.default` raised.
        skew_s: By how many seconds this computer's clock is known to differ from the server's.
    """
    kinds = {name for part in _chain(error) for name in _kinds(part)}
    if "TransportError" in kinds or isinstance(error, OSError):
        return unreachable(error, "Google's token server")
    if "DefaultCredentialsError" in kinds:
        return CloudError(
            "config",
            "This computer has no Application Default Credentials. Run `gcloud auth application-default login`, or set "
            "GOOGLE_APPLICATION_CREDENTIALS to a key file, or set *Private Key File*.",
        )
    if getattr(error, "retryable", False):
        return CloudError("unavailable", "Google's token server is busy; it is tried again.")
    if abs(skew_s) > _TOLERATED_SKEW_S:
        return CloudError("credentials", f"{CLOCK} It is off by {abs(skew_s) / 60:.0f} minutes.")
    if kinds & {"TypeError", "KeyError"}:  # what google-auth does with an answer that is no JSON
        return CloudError("network", _IN_PLACE)
    return CloudError("credentials", _token_sentence(str(error)))


def rpc_trouble(details: str, host: str) -> CloudError | None:
    """What the details of a gRPC status tell of the way to the server; None if they tell nothing of it."""
    text = details.lower()
    if "metadata from plugin failed" in text:
        if "transporterror" in text or "max retries exceeded" in text or "failed to retrieve" in text:
            return CloudError("network", f"Google's token server cannot be reached. Check the network. {_SIGN_IN}")
        return CloudError("credentials", _token_sentence(text))
    if "http proxy" in text or "proxy returned" in text:
        return CloudError("network", _proxy_sentence(text, host))
    for words, sentence in _RPC_DETAILS:
        if any(word in text for word in words):
            return CloudError("network", sentence.format(host=host))
    return None


def forbidden(details: str, what: str, role: str, project_id: str) -> CloudError:
    """Why a server that was reached lets nothing be done: `permission`, with what to grant or to switch on.

    Args:
        details: What the server said.
        what: What was to be reached, e.g. `the bucket media`.
        role: The role that allows it, e.g. `Storage Object Admin`.
        project_id: The project of the credentials.
    """
    text = details.lower()
    if "has not been used in project" in text or "service_disabled" in text or "api is disabled" in text:
        sentence = f"The API is switched off in project {project_id}; enable it in the Google Cloud console under APIs"
    elif "billing" in text:
        sentence = f"Project {project_id} has no active billing account; see Billing in the Google Cloud console"
    elif "vpc service controls" in text or "organization's policy" in text:
        sentence = f"A policy of the organisation keeps this computer away from {what}; ask its administrator"
    else:
        sentence = (
            f"The account may not use {what} with project {project_id}. Grant it the role {role} in the Google Cloud "
            "console under IAM, or use a key of the right project"
        )
    return CloudError("permission", f"{sentence}.")


def skew_s(date_header: str | None, now_s: float | None = None) -> float:
    """By how many seconds this computer's clock is ahead of the server that sent that `Date` header; 0 if unknown."""
    try:
        sent = email.utils.parsedate_to_datetime(date_header or "").timestamp()
    except (ValueError, TypeError):
        return 0.0
    return (time.time() if now_s is None else now_s) - sent


def _token_sentence(text: str) -> str:
    lower = text.lower()
    for words, sentence in _TOKEN_ANSWERS:
        if any(word in lower for word in words):
            return sentence
    if "<html" in lower or "no access token" in lower:
        return _IN_PLACE
    return "Google does not accept the credentials. Create a new key, and see that this computer's clock is right."


def _proxy_sentence(text: str, host: str) -> str:
    if "407" in text or "authentication required" in text:
        return (
            f"The proxy on the way to {host} wants a login. Put user and password into the proxy's address in the "
            "environment variable HTTPS_PROXY, or ask its administrator."
        )
    return (
        f"The proxy on the way to {host} cannot be used. Check the environment variable HTTPS_PROXY and the system's "
        "proxy settings."
    )


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error and everything that it was made of, once each."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        part = waiting.pop(0)
        if not isinstance(part, BaseException) or id(part) in seen:
            continue
        seen.add(id(part))
        yield part
        waiting += [part.__cause__, part.__context__, getattr(part, "reason", None), *part.args]


def _kinds(error: BaseException) -> Iterator[str]:
    yield from (cls.__name__ for cls in type(error).__mro__)
''',
    "src/common/tdg_td_assembler.py": '''\
"""Brings a component to its description: whatever the component file could not carry is completed at the start.

Thread: main only.

TouchDesigner's component file has no proven form for several extension blocks, annotations, folder parameters,
read-only parameters, sections and some operator types. So the file carries what is safe, and this makes the rest with
the documented Python API. It is idempotent: what is right already is left alone, and what is the user's - parameter
values and modes, other operators, pages and extensions - always.

Everything is compared once per description. A stamp in the description's DAT says that this was done; as long as it
fits, a start only looks whether all operators, parameters and extensions are still there.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import tdg_td_assembler_extensions
import tdg_td_assembler_network
import tdg_td_assembler_parameters

#: Text DAT with the description, as JSON.
DESCRIPTION_PATH = "local/tdg_component"

_STAMP = "assembled"


def assemble(comp: Any) -> bool:
    """Completes the component to the description that lies in it.

    Call it before the component does anything else. Cheap when there is nothing to do.

    Returns:
        True if the extensions are being made anew: whoever runs inside one of them must return at once, the new ones
        start by themselves.
    """
    dat = comp.op(DESCRIPTION_PATH)
    if dat is None or not dat.text:
        _report(comp, [f"{DESCRIPTION_PATH} is gone; put a fresh copy of the component in its place"])
        return False
    text = dat.text
    description = json.loads(text)
    former = dat.fetch(_STAMP, "", search=False)
    stamp = hashlib.sha256(text.encode()).hexdigest()
    if former == stamp and _is_whole(comp, description):
        return False
    return _complete(comp, description, {}, stamp, fresh=not former)


def install(comp: Any, text: str, texts: Mapping[str, str]) -> bool:
    """Makes a component of a base COMP, or another version of a component.

    Args:
        comp: An empty base COMP, or a component made before; its parameter values stay.
        text: The description, as JSON.
        texts: Text per operator path, for every DAT that has one.

    Returns:
        As `assemble`.
    """
    dat = comp.op(DESCRIPTION_PATH)
    former = json.loads(dat.text) if dat is not None and dat.text else None
    description = json.loads(text)
    stamp = hashlib.sha256(text.encode()).hexdigest()
    if former is not None:
        tdg_td_assembler_network.drop(comp, former, description)
        tdg_td_assembler_parameters.drop(comp, former, description)
    return _complete(comp, description, {**texts, DESCRIPTION_PATH: text}, stamp, fresh=former is None)


def _is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    return (
        tdg_td_assembler_network.is_whole(comp, description)
        and tdg_td_assembler_parameters.is_whole(comp, description)
        and tdg_td_assembler_extensions.is_whole(comp, description)
    )


def _complete(comp: Any, description: Mapping[str, Any], texts: Mapping[str, str], stamp: str, *, fresh: bool) -> bool:
    problems: list[str] = []
    tdg_td_assembler_network.complete(comp, description, texts, problems)
    tdg_td_assembler_parameters.complete(comp, description, problems)
    tdg_td_assembler_network.complete_node(comp, description, fresh=fresh)
    _report(comp, problems)
    comp.op(DESCRIPTION_PATH).store(_STAMP, stamp)
    # The very last act: it ends the life of the extension that may be running this.
    return tdg_td_assembler_extensions.complete(comp, description)


def _report(comp: Any, problems: list[str]) -> None:
    for problem in problems:
        comp.addScriptError(f"{comp.name}: {problem}.")
''',
    "src/common/tdg_td_assembler_extensions.py": '''\
"""The extension blocks of a component, as its description wants them.

Thread: main only.
"""

from collections.abc import Mapping
from typing import Any

_FIELDS = ("object", "name", "promote")

Block = tuple[str, str, bool]

_EMPTY: Block = ("", "", False)


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether the component's own blocks stand first and as described."""
    wanted = _wanted(description)
    return _blocks(comp)[: len(wanted)] == wanted


def complete(comp: Any, description: Mapping[str, Any]) -> bool:
    """Sets the blocks; those that the user added move behind the component's own.

    All extensions of the component are made anew then, so nothing is touched that is right.

    Returns:
        True if a block changed.
    """
    wanted = _wanted(description)
    present = _blocks(comp)
    own = {name for _, name, _ in wanted} | {text for text, _, _ in wanted}
    others = [block for block in present if block[0] and not own.intersection(block[:2])]
    target = wanted + others
    if len(present) < len(target):
        comp.seq.ext.numBlocks = len(target)
        present = _blocks(comp)
    # A block that is left over is emptied; one that is empty already counts as it is.
    target += [block if not block[0] else _EMPTY for block in present[len(target) :]]
    if target == present:
        return False
    for number, (block, former) in enumerate(zip(target, present, strict=True)):
        for field, value, old in zip(_FIELDS, block, former, strict=True):
            if value != old:
                comp.par[f"ext{number}{field}"].val = value
    # At once: the pulse Re-Init Extensions may act later, on extensions that have started by then.
    comp.initializeExtensions()
    return True


def _wanted(description: Mapping[str, Any]) -> list[Block]:
    return [(one["object"], one["name"], one["promote"]) for one in description["extensions"]]


def _blocks(comp: Any) -> list[Block]:
    found = []
    for number in range(comp.seq.ext.numBlocks):
        text, name, promote = (comp.par[f"ext{number}{field}"].eval() for field in _FIELDS)
        found.append((str(text or ""), str(name or ""), bool(promote)))
    return found
''',
    "src/common/tdg_td_assembler_network.py": '''\
"""The operators and annotations inside a component, and its node, as its description wants them.

Thread: main only.
"""

from collections.abc import Mapping
from typing import Any

import td

#: Types whose text is their work; one that was lost cannot be made up.
_SCRIPTS = ("textDAT", "executeDAT", "parameterexecuteDAT", "datexecuteDAT")


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether every operator is there and of its type."""
    for spec in description["operators"]:
        node = comp.op(spec["path"])
        if node is None or node.OPType != spec["type"]:
            return False
    return True


def complete(comp: Any, description: Mapping[str, Any], texts: Mapping[str, str], problems: list[str]) -> None:
    """Makes what is missing and corrects what is not as described; one that fails does not hold up the others."""
    for spec in description["operators"]:
        try:
            _operator(comp, spec, texts, problems)
        except Exception as error:
            problems.append(f"the operator {spec['path']} could not be set up ({error})")
    for spec in description["operators"]:  # these point to others, which are all there now
        try:
            _ties(comp.op(spec["path"]), spec)
        except Exception as error:
            problems.append(f"the operator {spec['path']} could not be tied to others ({error})")
    _annotations(comp, description, problems)


def complete_node(comp: Any, description: Mapping[str, Any], *, fresh: bool) -> None:
    """The component as its own network shows it.

    Args:
        fresh: It was never completed before; later on, looks and shortcuts are the user's.
    """
    if not comp.par.parentshortcut.eval():
        comp.par.parentshortcut = description["shortcut"]
    if not fresh:
        return
    if not comp.par.opshortcut.eval() and _is_free(description["shortcut"]):
        comp.par.opshortcut = description["shortcut"]
    comp.par.opviewer = f"./{description['viewer']}"
    comp.par.nodeview = "opviewer"
    comp.par.initextonstart = True
    _assign(comp, "viewer", value=True)
    _assign(comp, "showCustomOnly", value=True)
    _color(comp, description["color"])
    if not comp.comment:
        comp.comment = description["summary"]


def drop(comp: Any, former: Mapping[str, Any], description: Mapping[str, Any]) -> None:
    """Destroys operators that a former description had and the new one lacks, unless something lies inside."""
    kept = {spec["path"] for spec in description["operators"]}
    for spec in reversed(former["operators"]):  # children before their parents
        node = None if spec["path"] in kept else comp.op(spec["path"])
        if node is not None and node.OPType == spec["type"] and not node.children:
            _destroy(node)


def _operator(comp: Any, spec: Mapping[str, Any], texts: Mapping[str, str], problems: list[str]) -> None:
    node = comp.op(spec["path"])
    if node is None or node.OPType != spec["type"]:
        if spec["type"] in _SCRIPTS and spec["path"] not in texts:
            problems.append(f"{spec['path']} is gone; put a fresh copy of the component in its place")
            return
        node = _create(comp, spec, node, problems)
    text = texts.get(spec["path"])
    if text is not None and node.text != text:
        node.text = text
    _assign(node, "nodeX", spec["position"][0])
    _assign(node, "nodeY", spec["position"][1])
    _assign(node, "comment", spec.get("comment", ""))
    _assign(node, "viewer", value=True)
    _color(node, spec["color"])
    if "language" in spec and node.par.language.eval() != spec["language"]:
        node.par.language = spec["language"]
    _rows(node, spec.get("rows", ()))


def _create(comp: Any, spec: Mapping[str, Any], other: Any, problems: list[str]) -> Any:
    parent, _, name = spec["path"].rpartition("/")
    if other is not None and other.OPType == "baseCOMP" and not other.children:
        _destroy(other)  # what TouchDesigner makes of a type it does not know in a file
    elif other is not None:
        other.name = f"{name}_other"
        problems.append(f"{spec['path']} was another kind of operator; it is called {other.name} now")
    node = (comp.op(parent) if parent else comp).create(getattr(td, spec["type"]), name)
    _assign(node, "name", name)
    return node


def _destroy(node: Any) -> None:
    for docked in node.docked:  # destroying a host with what is docked to it raises beyond reach
        docked.dock = None
    node.destroy()


def _rows(node: Any, rows: list[list[str]]) -> None:
    if not rows:
        return
    header = [node[0, column].val for column in range(node.numCols)] if node.numRows else []
    if header != rows[0]:
        node.clear()
        node.appendRows(rows)
    elif node.numRows < len(rows):
        node.appendRows(rows[node.numRows :])


def _ties(node: Any, spec: Mapping[str, Any]) -> None:
    if node is None:
        return
    for name, value in spec.get("parameters", {}).items():
        par = node.par[name]
        if par is None:
            continue  # a build without it
        if isinstance(value, dict):
            _refer(node, par, value["reference"])
        elif par.eval() != value:
            par.val = value
    if "dock" in spec:
        host = node.parent().op(spec["dock"])
        if node.dock != host:
            node.dock = host


def _refer(node: Any, par: Any, path: str) -> None:
    target = node.parent() if path == ".." else node.parent().op(path)
    if target in par.evalOPs():
        return
    par.val = path
    if target not in par.evalOPs():
        # Seen with some operator parameters: the text does not take, an expression does.
        par.expr = "parent()" if path == ".." else f"op('{path}')"


def _annotations(comp: Any, description: Mapping[str, Any], problems: list[str]) -> None:
    found = comp.findChildren(type=td.annotateCOMP, depth=1, includeUtility=True)
    present = {note.name: note for note in found}
    for spec in description["groups"]:
        try:
            _annotation(present.get(spec["name"]) or comp.create(td.annotateCOMP), spec)
        except Exception as error:
            problems.append(f"the annotation {spec['title']} could not be set up ({error})")


def _annotation(note: Any, spec: Mapping[str, Any]) -> None:
    # Created without a name and named last: a name given at creation is not kept for annotations.
    left, bottom, width, height = spec["box"]
    red, green, blue = spec["color"]
    values = {"Mode": "annotate", "Titletext": spec["title"], "Bodytext": spec["body"]}
    values |= {"Backcolorr": red, "Backcolorg": green, "Backcolorb": blue}
    for name, value in values.items():
        par = note.par[name]
        if par is not None and par.eval() != value:
            par.val = value
    for name, value in (("nodeX", left), ("nodeY", bottom), ("nodeWidth", width), ("nodeHeight", height)):
        _assign(note, name, value)
    _assign(note, "name", spec["name"])
    _assign(note, "utility", value=True)


def _is_free(shortcut: str) -> bool:
    """Whether no other component has the global shortcut: setting a taken one would take it away from there."""
    return getattr(td.op, shortcut, None) is None


def _color(node: Any, color: list[float]) -> None:
    if any(abs(part - wanted) > 1e-3 for part, wanted in zip(node.color, color, strict=True)):
        node.color = tuple(color)


def _assign(target: Any, name: str, value: Any) -> None:
    if getattr(target, name) != value:
        setattr(target, name, value)
''',
    "src/common/tdg_td_assembler_parameters.py": '''\
"""The custom pages and parameters of a component, as its description wants them.

Thread: main only.

How a parameter looks follows the description; what it holds is the user's. A value that still is the default follows a
new default, as it would if TouchDesigner loaded the new version. Read-only parameters belong to the component.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import td

#: Styles whose value is the reference to an operator: their default is always empty.
_OPERATOR_STYLES = ("OP", "DAT")


def is_whole(comp: Any, description: Mapping[str, Any]) -> bool:
    """Whether every parameter is there and of its style."""
    for page in description["pages"]:
        for spec in page["parameters"]:
            par = comp.par[spec["name"]]
            if par is None or par.style != spec["style"]:
                return False
    return True


def complete(comp: Any, description: Mapping[str, Any], problems: list[str]) -> None:
    """Makes what is missing and corrects what is not as described; one that fails does not hold up the others."""
    pages = {page.name: page for page in comp.customPages}
    for page in description["pages"]:
        if page["name"] not in pages:
            pages[page["name"]] = comp.appendCustomPage(page["name"])
        for order, spec in enumerate(page["parameters"]):
            try:
                _complete_one(comp, pages[page["name"]], order, spec)
            except Exception as error:
                problems.append(f"the parameter {spec['name']} could not be set up ({error})")
    _sort_pages(comp, [page["name"] for page in description["pages"]])


def drop(comp: Any, former: Mapping[str, Any], description: Mapping[str, Any]) -> None:
    """Removes parameters, and pages left empty, that a former description had and the new one has not."""
    kept = {spec["name"] for page in description["pages"] for spec in page["parameters"]}
    for page in former["pages"]:
        for spec in page["parameters"]:
            par = comp.par[spec["name"]]
            if spec["name"] not in kept and par is not None:
                par.destroy()
    names = {page["name"] for page in former["pages"]} - {page["name"] for page in description["pages"]}
    for page in [page for page in comp.customPages if page.name in names and not page.pars]:
        page.destroy()


def _complete_one(comp: Any, page: Any, order: int, spec: Mapping[str, Any]) -> None:
    par = comp.par[spec["name"]]
    held = None if par is None else _hold(par)
    made = par is None or not _is_kind(par, page, spec)
    if made:
        par = _append(page, order, spec)
    _menu(par, spec)
    _looks(par, order, spec)
    _range(par, spec)
    _value(par, spec, held, made=made)


def _is_kind(par: Any, page: Any, spec: Mapping[str, Any]) -> bool:
    return bool(par.style == spec["style"] and par.page.name == page.name)


def _append(page: Any, order: int, spec: Mapping[str, Any]) -> Any:
    append = getattr(page, f"append{spec['style']}")
    par = append(spec["name"], label=spec["label"], order=order)[0]
    if not _is_kind(par, page, spec):
        # Replacing has kept the former style or page, so the former parameter goes first.
        par.destroy()
        par = append(spec["name"], label=spec["label"], order=order)[0]
    return par


class _Held(NamedTuple):
    """What a parameter held before it was touched."""

    mode: Any
    val: Any
    expr: str
    bind: str
    untouched: bool


def _hold(par: Any) -> _Held:
    untouched = par.mode == td.ParMode.CONSTANT and not par.isPulse and (par.val or "") == (par.default or "")
    return _Held(par.mode, par.val, par.expr, par.bindExpr, untouched)


def _value(par: Any, spec: Mapping[str, Any], held: _Held | None, *, made: bool) -> None:
    """The default, and a value for who has none of its own."""
    if "default" not in spec:
        return
    default = spec["default"]
    if spec["style"] not in _OPERATOR_STYLES and par.default != default:
        par.default = default
    if spec.get("read_only"):
        if par.val != default:
            par.readOnly = False
            par.val = default
        _assign(par, "readOnly", value=True)
        return
    _assign(par, "readOnly", value=False)
    if held is None or held.untouched:
        if (par.val or "") != (default or ""):
            par.val = default
    elif made:
        _restore(par, held)


def _restore(par: Any, held: _Held) -> None:
    par.val = held.val
    if held.expr:
        par.expr = held.expr
    if held.bind:
        par.bindExpr = held.bind
    if par.mode != held.mode:
        par.mode = held.mode


def _menu(par: Any, spec: Mapping[str, Any]) -> None:
    if "menu" not in spec:
        return
    names = [name for name, _ in spec["menu"]]
    labels = [label for _, label in spec["menu"]]
    if list(par.menuNames or []) != names:
        # An entry that is not in the menu silently becomes the first one, so the choice is taken over by hand.
        chosen, constant = par.val, par.mode == td.ParMode.CONSTANT
        par.menuNames = names
        if constant and chosen in names and par.val != chosen:
            par.val = chosen
    if list(par.menuLabels or []) != labels:
        par.menuLabels = labels


def _looks(par: Any, order: int, spec: Mapping[str, Any]) -> None:
    _assign(par, "label", spec["label"])
    _assign(par, "order", order)
    _assign(par, "help", spec["help"])
    _assign(par, "startSection", spec.get("section", False))
    if (par.enableExpr or "") != spec.get("enable", ""):
        par.enableExpr = spec.get("enable", "")


def _range(par: Any, spec: Mapping[str, Any]) -> None:
    if not par.isNumber or par.isToggle:
        return
    for key, limit, clamp in (("minimum", "min", "clampMin"), ("maximum", "max", "clampMax")):
        if key in spec:
            _assign(par, limit, spec[key])
        _assign(par, clamp, key in spec)
    if "slider" in spec:
        _assign(par, "normMin", spec["slider"][0])
        _assign(par, "normMax", spec["slider"][1])


def _sort_pages(comp: Any, wanted: list[str]) -> None:
    present = [page.name for page in comp.customPages]
    if [name for name in present if name in wanted] != wanted:
        comp.sortCustomPages(*wanted, *(name for name in present if name not in wanted))


def _assign(par: Any, name: str, value: Any) -> None:
    if getattr(par, name) != value:
        setattr(par, name, value)
''',
    "src/common/tdg_td_callbacks.py": '''\
"""Calls the user's callbacks and keeps their errors from stopping anything.

Thread: main only.
"""

import functools
import traceback
from collections.abc import Callable
from typing import Any

import td
import tdg_td_log
import tdg_td_params

#: Network units between the component and the DAT made below it.
_GAP = 40


class Callbacks:
    """The functions of the DAT that the parameter *Callbacks DAT* points to.

    Args:
        comp: The component.
        log: Where a failing callback is reported.
    """

    def __init__(self, comp: Any, log: tdg_td_log.Log) -> None:
        self._comp = comp
        self._log = log
        self._broken = ""

    def call(self, name: str, *args: Any) -> None:
        """Calls the function of that name if there is one. Looked up anew each time, so that an edit counts at once."""
        function = self.find(name)
        if function is not None:
            function(*args)

    def find(self, name: str) -> Callable[..., None] | None:
        """The user's function of that name, made safe to call; None if there is none. For calls in a row."""
        dat = tdg_td_params.target(self._comp, "Callbacksdat")
        if dat is None:
            return None
        path = dat.path  # for messages: the callback may delete its own DAT
        try:
            function = getattr(dat.module, name, None)
            self._broken = ""
        except Exception as error:
            # The script does not compile: said once, not with every event.
            problem = f"{path} cannot be used for callbacks: {type(error).__name__}: {error}"
            if problem != self._broken:
                self._broken = problem
                self._log.warning(problem)
            return None
        return None if function is None else functools.partial(self._run, name, path, function)

    def _run(self, name: str, path: str, function: Callable[..., Any], *args: Any) -> None:
        try:
            function(*args)
        except (Exception, SystemExit) as error:
            lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)]
            where = f", line {lines[-1]}" if lines else ""
            self._log.warning(f"{name} in {path}{where} raised {type(error).__name__}: {error}")

    def create(self, name: str, template: str) -> None:
        """Makes a text DAT of that name beside the component, with a stub of every callback, and points to it.

        A DAT of that name that is there already is pointed to and keeps its text.
        """
        network = self._comp.parent()
        dat = tdg_td_params.target(self._comp, "Callbacksdat") or network.op(name)
        if dat is None or not dat.isDAT:
            dat = network.create(td.textDAT, name)
            dat.par.language = "python"
            dat.text = template
            dat.nodeX = self._comp.nodeX
            dat.nodeY = self._comp.nodeY - dat.nodeHeight - _GAP
        if tdg_td_params.target(self._comp, "Callbacksdat") != dat:
            self._comp.par.Callbacksdat = dat.name  # a sibling's name survives copying and moving
''',
    "src/common/tdg_td_component.py": '''\
"""What both components are: one extension that starts, is drained every frame, and stops.

Thread: main only.
"""

import functools
import threading
import time
import traceback
from collections.abc import Callable
from typing import Any, TypeVar, cast

import td
import tdg_bridge_thread
import tdg_core_errors
import tdg_core_log
import tdg_core_messages
import tdg_core_settings
import tdg_td_assembler
import tdg_td_callbacks
import tdg_td_connection
import tdg_td_engine
import tdg_td_log
import tdg_td_params
import tdg_td_status
import tdg_td_tasks

#: The parameters that every component's settings are made of.
_PARAMETERS = (
    *tdg_core_settings.CONNECTION_PARAMETERS,
    *tdg_core_settings.BREAKER_PARAMETERS,
    "Autoconnect",
    "Framebudget",
)

#: Without a RefreshHook for that long the frame callback drains: the manager was reset, or never had a free thread.
_HOOK_PATIENCE_S = 0.25

#: How the script error of a component that could not start begins.
_NOT_STARTED = "Could not start"

#: Seconds before a start that failed is tried again.
_START_AGAIN_S = 5.0

#: Longest wait in seconds before an engine that ended is started again; the waits before are 1, 2, 4...
_ENGINE_AGAIN_S = 60.0

Method = TypeVar("Method", bound=Callable[..., Any])


def public(refusal: Callable[[], Any]) -> Callable[[Method], Method]:
    """Makes a method safe to be called by anyone: it starts the component, and is refused off the main thread.

    Args:
        refusal: Makes what the method answers when it cannot run: `str`, `bool`, `list`, `dict` or `nothing`.
    """

    def decorate(method: Method) -> Method:
        @functools.wraps(method)
        def checked(self: Any, *args: Any, **kwargs: Any) -> Any:
            if threading.get_ident() != self.main_thread:
                self.refuse(method.__name__)
                return refusal()
            return method(self, *args, **kwargs) if self._start() else refusal()

        return cast(Method, checked)

    return decorate


def describe(error: Exception) -> str:
    """An exception for the log: our own in its words, a defect by type and place, whose text may hold a secret."""
    if isinstance(error, tdg_core_errors.CloudError):
        return error.message
    frames = traceback.extract_tb(error.__traceback__)
    place = f" in {frames[-1].name}, line {frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}: a defect, please report this line"


def nothing() -> None:
    """The refusal of a method that returns nothing."""


class ComponentExt:
    """Base of StorageExt and FirestoreExt.

    A subclass names its columns, parameters and files below and overrides the hooks at the end. `__init__` only sets
    plain attributes: an extension whose constructor raises is silently missing.

    Args:
        ownerComp: The component.
    """

    STATUS_COLUMNS: tuple[str, ...] = ()
    PARAMETERS: tuple[str, ...] = ()
    #: Stem of the files in the cache folder.
    STEM = ""
    #: Name of the DAT that *Create* makes.
    CALLBACKS_NAME = ""
    #: The modules that the gateway imports; they must be there before it is asked to connect.
    PACKAGES: tuple[str, ...] = ("firebase_admin",)

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.main_thread = threading.get_ident()
        self.log = tdg_td_log.Log(ownerComp)
        self.status = tdg_td_status.Status(ownerComp, self.STATUS_COLUMNS)
        self.callbacks = tdg_td_callbacks.Callbacks(ownerComp, self.log)
        self.tasks = tdg_td_tasks.Tasks()
        self.settings = tdg_core_settings.Settings()
        self._running = False
        self._retired = False
        self._start_at = 0.0
        self._dirty = False
        self._auto = True
        self._budget_s = 0.002
        self._hook_at = 0.0
        self._faults = tdg_core_log.Repeats()
        self._engine_since = 0.0
        self._engine_ends = 0
        #: When an engine that ended is started again, and whether it shall connect then.
        self._engine_at: float | None = None
        self._engine_wanted = False
        self._road: tdg_td_engine.EngineRoad | None = None
        self._handlers: dict[str, Callable[[Any], None]] = {}

    # Life: called by TouchDesigner, by `life_exec` and by the first public call, in any order ----------------------

    def onInitTD(self) -> None:
        """The extension is complete."""
        self._start()

    def onDestroyTD(self) -> None:
        """The extension is replaced or its component deleted."""
        self._stop()

    def _start(self) -> bool:
        """Starts the component unless it runs already; whether it runs now."""
        if self._running:
            return True
        if self._retired or not self.ownerComp.valid:
            return False
        try:
            if tdg_td_assembler.assemble(self.ownerComp):
                return False  # the extensions are being made anew; the new one starts
            self.log.clear()
            self._open(self._read(), None)
        except Exception as error:
            self._start_failed(error)
            return False
        self.ownerComp.clearScriptErrors(error=f"{_NOT_STARTED}*")
        return True

    def _start_failed(self, error: Exception) -> None:
        self._close()
        self._start_at = time.monotonic() + _START_AGAIN_S
        problem = f"{_NOT_STARTED}: {describe(error)}; it is tried again every few seconds."
        line = self._faults.line(problem, time.monotonic())
        if line is not None:
            self.log.error(line)
            self.ownerComp.addScriptError(problem)

    def _stop(self) -> None:
        """Stops the component for good; waits for nothing. Idempotent."""
        self._retired = True
        self._close()

    def _close(self) -> None:
        self._running = False
        self.tasks.stop()
        if self._road is not None:
            self._bootstrap.cancel()
            self._road.close()
            self._road = None

    def _frame(self) -> None:
        """Every frame, from `life_exec`: starts what no hook has started and drains when the RefreshHook is silent."""
        now = time.monotonic()
        if not self._running:
            if now >= self._start_at:
                self._start()
        elif now - self._hook_at > _HOOK_PATIENCE_S:
            self._drain()

    def _refresh(self, *_: Any) -> None:
        """The RefreshHook of the standing task."""
        self._hook_at = time.monotonic()
        self._drain()

    def _drain(self) -> None:
        """One frame's work on the main thread, within *Frame Budget*."""
        if not self._running:
            return
        started = time.perf_counter()
        try:
            if self._dirty:
                self._apply_parameters()
            self._bridge.drain(self._handle, self._budget_s)
            if self._road is None:  # a user's callback ended this extension
                return
            now = time.monotonic()
            self._restart_engine(now)
            self._bootstrap.frame()
            self.connection.tick(now)
            self.tasks.check(now)
            self.on_frame(now, self._budget_s - (time.perf_counter() - started))
            self.status.flush()
        except Exception as error:
            # One broken frame must not end all the frames after it, nor fill the log with one line per frame.
            line = self._faults.line(f"A frame failed: {describe(error)}", time.monotonic())
            if line is not None:
                self.log.error(line)

    def _open(self, values: dict[str, Any], wanted: bool | None) -> None:
        """Opens files and engine; `wanted`: whether to connect, None leaves it to *Auto Connect*."""
        self.on_reset_tables()
        self._cache_folder = self.cache_folder(values)
        self._road = tdg_td_engine.EngineRoad(self.ownerComp, self._cache_folder, self.STEM, self.log)
        self.settings = self.make_settings(values)
        self._engine_since, self._engine_at = time.monotonic(), None
        self._bridge = self._road.start(self.serve())
        self.connection = tdg_td_connection.Connection(
            self.ownerComp, self._bridge, self._prepare, self.status, self.callbacks, self.log
        )
        self.connection.notice = self._road.problem
        self._bootstrap = self.ownerComp.ext.BootstrapExt
        self._handlers = {
            "logged": self._logged,
            "noticed": self._noticed,
            "engine_ended": self._engine_ended,
            **self._bootstrap.handlers,
            **self.connection.handlers,
            **self.handlers(),
        }
        self._running = True
        self._hook_at = time.monotonic()
        self.tasks.keep_alive(self._refresh)
        self._take(values)
        self._engine_wanted = False
        if (self._auto if wanted is None else wanted) and self.settings.configured:
            self._connect()
        self.connection.show()
        self.status.flush()

    def _before_save(self) -> None:
        """A saved project carries nothing of this run: no errors, no log."""
        self.status.blank()
        self.log.clear()

    def _after_save(self) -> None:
        """Shows again what the save left out."""
        self.log.refill()
        self.status.flush()

    # Parameters ----------------------------------------------------------------------------------------------------

    def onParValueChange(self, _par: Any, _prev: Any) -> None:
        """From `par_exec`: looked at once per frame, by value, so that changes in a row count as one."""
        self._dirty = True

    def onParPulse(self, par: Any) -> None:
        """From `par_exec`: runs the method of that pulse."""
        action = self.pulses().get(par.name)
        if action is not None:
            action()

    def pulses(self) -> dict[str, Callable[[], Any]]:
        """The method behind each pulse parameter."""
        return {
            "Connect": self.Connect,
            "Disconnect": self.Disconnect,
            "Reset": self.Reset,
            "Createcallbacksdat": self.CreateCallbacksDat,
        }

    def _read(self) -> dict[str, Any]:
        return tdg_td_params.read(self.ownerComp, (*_PARAMETERS, *self.PARAMETERS))

    def _take(self, values: dict[str, Any]) -> None:
        """What needs no engine: budget and breaker."""
        self._budget_s = max(0.0, tdg_core_settings.number(values, "Framebudget", 2.0)) / 1000
        self._auto = bool(values.get("Autoconnect", True))
        self.connection.configure(tdg_core_settings.breaker(values), self._auto)

    def _apply_parameters(self) -> None:
        self._dirty = False
        values = self._read()
        was_auto = self._auto
        self._take(values)
        if self.cache_folder(values) != self._cache_folder:
            wanted = self.connection.wanted or self._auto
            self._close()
            self._open(values, wanted)
            return
        former, self.settings = self.settings, self.make_settings(values)
        if self.settings != former:
            self._bridge.submit(tdg_core_messages.Configure(self.settings.as_plain()))
        if not self.settings.connects_like(former):
            wanted = self.connection.wanted or self._auto
            self.connection.disconnect()
            if wanted and self.settings.configured:
                self._connect()
        elif self._auto and not was_auto and self.settings.configured:
            self._connect()
        if self.settings != former:
            self.on_settings(former)

    # Promoted ------------------------------------------------------------------------------------------------------

    @public(nothing)
    def Connect(self) -> None:
        """Begins to connect; the state tells how it ends."""
        self._apply_parameters()  # a script may have set them in this very frame
        self._bootstrap.ask_again()
        self._connect()

    @public(nothing)
    def Disconnect(self) -> None:
        """Ends the connection; tables and queues stay."""
        self._engine_wanted = False
        self._bootstrap.cancel()
        self.connection.disconnect()

    @public(nothing)
    def Reset(self) -> None:
        """Asks, then disconnects, empties queues and tables and resets the breaker."""
        name = self.ownerComp.name
        question = f"Disconnect {name}, empty its tables and discard what waits in its queues?"
        if td.ui.messageBox(f"Reset {name}", question, buttons=["Cancel", "Reset"]) != 1:
            return
        self._engine_wanted = False
        self._bootstrap.cancel()
        self.connection.reset()
        self._bridge.submit(tdg_core_messages.Forget())
        self.on_reset_tables()
        self.log.info("reset")

    @public(nothing)
    def CreateCallbacksDat(self) -> None:
        """Makes a text DAT beside the component with a stub of every callback; leaves an existing one alone."""
        template = self.ownerComp.op("callbacks_template")
        self.callbacks.create(self.CALLBACKS_NAME, template.text)

    @public(dict)
    def GetStatus(self) -> dict[str, str]:
        """The status row: column name to text."""
        return self.status.as_dict()

    @public(list)
    def GetLogs(self, level: str | None = None, limit: int = 50) -> list[dict[str, Any]]:
        """The newest log entries, newest last; of one level if it is given."""
        return self.log.newest(level, limit)

    def refuse(self, method: str) -> None:
        """Says that a method was called where it must not be. Any thread."""
        if self._running:
            text = f"{method}() was called off the main thread and refused; call it from a callback or with run()."
            self._bridge.transport.post(tdg_core_messages.Logged("ERROR", text))

    # Events --------------------------------------------------------------------------------------------------------

    def _handle(self, event: tdg_core_messages.Message) -> None:
        handler = self._handlers.get(event.kind)
        if handler is not None:
            handler(event)

    def _logged(self, event: tdg_core_messages.Logged) -> None:
        self.log.write(event.level, event.message)

    def _noticed(self, event: tdg_core_messages.Noticed) -> None:
        self.log.error(event.message)
        self.connection.notice = event.message
        self.connection.show()

    def _engine_ended(self, event: tdg_core_messages.EngineEnded) -> None:
        now = time.monotonic()
        self._engine_ends = 1 if now - self._engine_since > _ENGINE_AGAIN_S else self._engine_ends + 1
        self._engine_at = now + min(2.0 ** (self._engine_ends - 1), _ENGINE_AGAIN_S)
        self._engine_wanted = self.connection.wanted
        self.connection.engine_ended(
            f"The engine stopped ({event.message}) and is started again; what was accepted is kept."
        )

    def _connect(self) -> None:
        if self._engine_at is None:
            self.connection.connect(self.settings)
        else:  # there is nobody to ask yet
            self._engine_at, self._engine_wanted = 0.0, True

    def _restart_engine(self, now: float) -> None:
        if self._engine_at is None or now < self._engine_at or self._road is None:
            return
        self._engine_since, self._engine_at = now, None
        self._road.restart(self.serve())
        if self._engine_wanted:
            self.connection.connect(self.settings)

    def _prepare(self, attempt: int) -> None:
        """Before each attempt: the packages must be there."""
        self._bootstrap.ensure(attempt, self.PACKAGES, self.tasks, self._bridge.transport.post)

    # Hooks of the components ---------------------------------------------------------------------------------------

    def make_settings(self, values: dict[str, Any]) -> Any:
        """The component's settings from its parameters."""
        raise NotImplementedError

    def serve(self) -> tdg_bridge_thread.Serve:
        """The entry point of the component's engine, with its gateway and settings bound."""
        raise NotImplementedError

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """What to do with each kind of event."""
        return {}

    def cache_folder(self, values: dict[str, Any]) -> str:
        """Absolute path of the cache folder; empty for none."""
        raise NotImplementedError

    def on_reset_tables(self) -> None:
        """Empties the component's own tables."""

    def on_settings(self, former: Any) -> None:
        """`self.settings` differ from `former`."""

    def on_frame(self, now: float, left_s: float) -> None:
        """The component's own work in a frame; `left_s` is what is left of the budget, it may be negative."""
''',
    "src/common/tdg_td_connection.py": '''\
"""Carries out what the connection's life cycle decides and shows it to the user.

Thread: main only.
"""

import datetime
import random
import time
from collections.abc import Callable
from typing import Any

import tdg_bridge
import tdg_core_connection
import tdg_core_messages
import tdg_core_retry
import tdg_core_settings
import tdg_td_callbacks
import tdg_td_log
import tdg_td_status

#: Starts making sure that the packages are there for that attempt; answered by an event.
Prepare = Callable[[int], None]


class Connection:
    """The connection of one component as its user sees it.

    Args:
        comp: The component, for its ConnectionExt.
        bridge: Where requests go.
        prepare: Called before each attempt.
        status, callbacks, log: Where the state is shown.
    """

    def __init__(
        self,
        comp: Any,
        bridge: tdg_bridge.Bridge,
        prepare: Prepare,
        status: tdg_td_status.Status,
        callbacks: tdg_td_callbacks.Callbacks,
        log: tdg_td_log.Log,
    ) -> None:
        self._bridge = bridge
        self._prepare = prepare
        self._status = status
        self._callbacks = callbacks
        self._log = log
        self._breaker_ext = comp.ext.ConnectionExt
        self._life = tdg_core_connection.Lifecycle(self._breaker_ext.breaker)
        #: What the user should know although the connection is well; in `last_error` while nothing else is.
        self.notice = ""
        self._shown = (tdg_core_connection.DISCONNECTED, "")
        self.handlers: dict[str, Callable[[Any], None]] = {
            "packages_ready": self._packages_ready,
            "connected": self._connected,
            "connect_failed": self._failed,
            "trouble": self._lost,
        }

    @property
    def state(self) -> str:
        """One of the five documented states."""
        return self._life.state

    @property
    def wanted(self) -> bool:
        """Whether a connection stands, is being made or is planned."""
        return self._life.wanted

    def configure(self, breaker: tdg_core_retry.BreakerSettings, auto: bool) -> None:
        """Takes the values of the Conn page."""
        self._breaker_ext.configure(breaker)
        self._life.set_auto(auto)

    def connect(self, settings: tdg_core_settings.Settings) -> None:
        """Begins to connect; returns at once."""
        if not settings.configured:
            self._act(self._life.refuse(tdg_core_settings.NOT_CONFIGURED))
            return
        self._act(self._life.connect(time.monotonic()))

    def disconnect(self) -> None:
        """Ends the connection or the attempt at one."""
        self._act(self._life.disconnect())

    def reset(self) -> None:
        """Disconnected, nothing counted."""
        self.notice = ""
        self.disconnect()
        self._breaker_ext.Reset()
        self.show()

    def engine_ended(self, message: str) -> None:
        """There is nobody to ask until the next `connect`."""
        self._life.refuse(message)
        self.show()

    def tick(self, now: float) -> None:
        """To be called every frame: starts what is due."""
        self._act(self._life.tick(now, random.random()))

    def _packages_ready(self, event: tdg_core_messages.PackagesReady) -> None:
        if event.attempt == self._life.attempt:
            self._life.asked(time.monotonic())
            self._bridge.submit(tdg_core_messages.Connect(event.attempt))

    def _connected(self, event: tdg_core_messages.Connected) -> None:
        if self._life.connected(event.attempt):
            self.show()

    def _failed(self, event: tdg_core_messages.ConnectFailed) -> None:
        now = time.monotonic()
        self._act(self._life.failed(event.attempt, event.code, event.message, now, random.random()))

    def _lost(self, event: tdg_core_messages.Trouble) -> None:
        now = time.monotonic()
        self._act(self._life.lost(event.attempt, event.code, event.message, now, random.random()))

    def _act(self, actions: list[str]) -> None:
        for action in actions:
            if action == tdg_core_connection.START:
                self._prepare(self._life.attempt)
            else:
                self._bridge.submit(tdg_core_messages.Disconnect())
        self.show()

    def show(self) -> None:
        """Tells table, log and callback, the last two once per change."""
        state, error = now = (self._life.state, self._life.error)
        self._status.set(state=state, circuit=self._breaker_ext.GetState(), last_error=error or self.notice)
        if now == self._shown:
            return
        self._shown = now
        connected = state == tdg_core_connection.CONNECTED
        since = datetime.datetime.now().astimezone().isoformat(timespec="seconds") if connected else ""
        self._status.set(connected_at=since)
        if error:
            self._log.write("ERROR" if state == tdg_core_connection.ERROR else "WARNING", f"{state}: {error}")
        else:
            self._log.info(state)
        self._callbacks.call("onConnectionStateChange", state, error)
''',
    "src/common/tdg_td_engine.py": '''\
"""Opens the way to a component's engine: its files, its journal, its transport.

Thread: main only.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import td
import tdg_bridge
import tdg_bridge_journal
import tdg_bridge_slot
import tdg_bridge_thread
import tdg_core_errors
import tdg_disk_home
import tdg_td_log


class EngineRoad:
    """A running engine and the bridge to it.

    The road of a former extension of the same component is closed first, should TouchDesigner not have told that
    extension of its end: its files and its queue are taken over.

    Args:
        comp: The component.
        cache_folder: Absolute path of the folder for its files; empty keeps everything in memory.
        stem: Name of the files of a project's only component of that kind.
        log: Told when the folder cannot be used; the engine then works in memory.
    """

    def __init__(self, comp: Any, cache_folder: str, stem: str, log: tdg_td_log.Log) -> None:
        self._comp = comp
        self._key = f"component {comp.id}"
        with contextlib.suppress(Exception):  # the former extension's modules may have lost their globals
            tdg_bridge_slot.slot(self._key).pop("close", _nothing)()
        self._log = log
        #: What is wrong with the files, for the user; empty when nothing is.
        self.problem = ""
        self.bridge: tdg_bridge.Bridge | None = None
        self._home = self._open_home(cache_folder, stem)
        self._journal = self._open_journal()
        tdg_bridge_slot.slot(self._key)["close"] = self.close

    def file(self, suffix: str) -> str:
        """Absolute path of a file of this component in the cache folder; empty without one."""
        return "" if self._home is None else str(self._home.file(suffix))

    def start(self, serve: tdg_bridge_thread.Serve) -> tdg_bridge.Bridge:
        """Starts the engine and hands it what was accepted before."""
        self.bridge = tdg_bridge.Bridge(self._transport(serve), self._journal)
        return self.bridge

    def restart(self, serve: tdg_bridge_thread.Serve) -> None:
        """Starts another engine after one that ended; the bridge stays."""
        if self.bridge is not None:
            self.bridge.replace(self._transport(serve))

    def close(self) -> None:
        """Ends the engine without waiting for it. Idempotent."""
        tdg_bridge_slot.discard(self._key)
        if self.bridge is not None:
            self.bridge.close()
        else:
            self._journal.close()
        if self._home is not None:
            self._home.leave()

    def _transport(self, serve: tdg_bridge_thread.Serve) -> tdg_bridge_thread.ThreadTransport:
        # No two engines may use one set of files at once, whichever components they serve.
        slot = tdg_bridge_slot.slot(f"engine {self.file('') or self._comp.id}")
        return tdg_bridge_thread.ThreadTransport(serve, slot, f"tdg-{self._comp.name}")

    def _open_home(self, folder: str, stem: str) -> tdg_disk_home.Home | None:
        if not folder:
            return None
        exists: Callable[[str], bool] = lambda path: td.op(path) is not None  # noqa: E731  a name for the reader
        try:
            return tdg_disk_home.Home(Path(folder), stem, self._comp.path, exists)
        except OSError as error:
            self._tell(
                "ERROR",
                f"The cache folder {folder} cannot be used ({error.strerror or error}); working in memory, so what is "
                "accepted does not survive a restart. Choose a folder that can be written to.",
            )
            return None

    def _open_journal(self) -> tdg_bridge_journal.Journal:
        path = self.file("-journal.db")
        try:
            return tdg_bridge_journal.Journal(Path(path) if path else None, self._tell)
        except tdg_core_errors.CloudError as error:
            self._tell("ERROR", f"{error.message} Until then, what is accepted does not survive a restart.")
            return tdg_bridge_journal.Journal(None, self._tell)

    def _tell(self, level: str, text: str) -> None:
        self.problem = text
        self._log.write(level, text)


def _nothing() -> None:
    """For a component without a former road."""
''',
    "src/common/tdg_td_log.py": '''\
"""Where a component's log lines go: ring buffer, textport, the `log` FIFO and the user's own DAT.

Thread: main only.
"""

import datetime
import time
from typing import Any

import td
import tdg_core_log
import tdg_td_params

HEADER = ("id", "timestamp", "frame", "level", "message")

#: Lines that the FIFO `log` holds.
FIFO_LINES = 200

#: Lines per second that go to the textport, which is slow; of more, it says how many there were.
TEXTPORT_LINES_S = 100


class Log:
    """The log of one component.

    Args:
        comp: The component; its `log` FIFO and its parameter *External Log DAT* are written to.
    """

    def __init__(self, comp: Any) -> None:
        self._comp = comp
        self._ring = tdg_core_log.Ring()
        self._second = 0
        self._printed = 0
        self._external_broken = False

    def debug(self, message: str) -> None:
        """Kept in the ring buffer only."""
        self.write(tdg_core_log.DEBUG, message)

    def info(self, message: str) -> None:
        """What went as expected and is worth knowing."""
        self.write(tdg_core_log.INFO, message)

    def warning(self, message: str) -> None:
        """What the user should look at some time."""
        self.write(tdg_core_log.WARNING, message)

    def error(self, message: str) -> None:
        """What did not work and needs the user."""
        self.write(tdg_core_log.ERROR, message)

    def write(self, level: str, message: str) -> None:
        """Adds an entry of that level."""
        now = datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")
        entry = self._ring.add(now, int(td.absTime.frame), level, message)
        if entry.level == tdg_core_log.DEBUG:
            return
        self._print(entry)
        row = _row(entry)
        fifo = self._comp.op("log")
        if fifo is not None:
            fifo.appendRow(row)
        self._write_external(row, fifo)

    def newest(self, level: str | None, limit: int) -> list[dict[str, Any]]:
        """What `GetLogs` returns."""
        return [entry.as_dict() for entry in self._ring.newest(level, limit)]

    def clear(self) -> None:
        """Empties the FIFO, which may carry lines of a former run; the ring buffer stays."""
        dat = self._comp.op("log")
        if dat is not None:
            dat.clear()
            dat.appendRow(list(HEADER))

    def refill(self) -> None:
        """Writes what the ring buffer still holds into the FIFO again."""
        self.clear()
        dat = self._comp.op("log")
        if dat is None:
            return
        told = [entry for entry in self._ring.newest(None, tdg_core_log.RING_SIZE) if entry.level != tdg_core_log.DEBUG]
        for entry in told[-FIFO_LINES:]:
            dat.appendRow(_row(entry))

    def _print(self, entry: tdg_core_log.Entry) -> None:
        """To the textport."""
        second = int(time.monotonic())
        if second != self._second:
            more = self._printed - TEXTPORT_LINES_S
            self._second, self._printed = second, 0
            if more > 0:
                print(f"[{self._comp.name}] and {more} more lines, see GetLogs()")
        self._printed += 1
        if self._printed <= TEXTPORT_LINES_S:
            print(f"[{self._comp.name}] {entry.level} {entry.message}")

    def _write_external(self, row: list[str], fifo: Any) -> None:
        """To the user's DAT, which may be of any kind, full, locked, or being deleted."""
        dat = tdg_td_params.target(self._comp, "Logop")
        if dat is None or dat == fifo:
            return
        try:
            if dat.OPType == "fifoDAT" or dat.isEditable:
                _append(dat, row)
            self._external_broken = False
        except td.tdError as error:
            if not self._external_broken:
                self._external_broken = True
                self.warning(f"External Log DAT cannot be written to ({error}); choose another one.")


def _row(entry: tdg_core_log.Entry) -> list[str]:
    return [str(value) for value in entry.as_dict().values()]


def _append(dat: Any, row: list[str]) -> None:
    """A text DAT gets a line, a table its header first and then rows."""
    if dat.isText and not dat.isTable:
        dat.write("\\t".join(row) + "\\n")
        return
    if dat.numRows == 0 or (dat.numRows == 1 and dat.numCols == 1 and dat[0, 0].val == ""):
        dat.clear()
        dat.appendRow(list(HEADER))
    dat.appendRow(row)
''',
    "src/common/tdg_td_params.py": '''\
"""Reads the component's parameters, once, into plain values.

Thread: main only.
"""

from collections.abc import Iterable
from typing import Any

import td


def read(comp: Any, names: Iterable[str]) -> dict[str, Any]:
    """The evaluated values of those parameters.

    One that does not exist (an older component) or whose expression is broken is left out: the settings then fall back
    to the documented default.
    """
    values = {}
    for name in names:
        par = comp.par[name]
        if par is None:
            continue
        try:
            values[name] = par.eval()
        except td.tdError:
            continue
    return values


def absolute(path: str) -> str:
    """A File or Folder parameter's text as an absolute path; relative ones are below the project's folder."""
    return td.tdu.expandPath(path) if path else ""


def target(comp: Any, name: str) -> Any:
    """The single DAT that a DAT parameter points to, or None."""
    par = comp.par[name]
    try:
        found = None if par is None else par.eval()
    except td.tdError:
        return None
    return found if getattr(found, "isDAT", False) else None
''',
    "src/common/tdg_td_status.py": '''\
"""The `status` table: one header row, one value row, written only when something changed.

Thread: main only.
"""

from collections.abc import Sequence
from typing import Any

import tdg_td_tables

#: What a component shows before it has done anything.
_INITIAL = {"state": "disconnected", "circuit": "closed"}


class Status:
    """The status row of one component.

    Args:
        comp: The component; its `status` table is written to.
        columns: The documented columns, in order.
    """

    def __init__(self, comp: Any, columns: Sequence[str]) -> None:
        self._comp = comp
        self._columns = tuple(columns)
        self._blank = {name: _INITIAL.get(name, "") for name in self._columns}
        self._values = dict(self._blank)
        self._written: dict[str, str] | None = None

    def set(self, **values: Any) -> None:
        """Changes columns; the table follows with the next `flush`.

        Raises:
            KeyError: There is no such column.
        """
        for name, value in values.items():
            if name not in self._values:
                raise KeyError(name)
            self._values[name] = tdg_td_tables.text(value)

    def flush(self) -> None:
        """Writes the row if it differs from what was written last."""
        if self._values == self._written:
            return
        dat = self._comp.op("status")
        if dat is None:
            return
        if self._written is None or dat.numRows != 2 or dat.numCols != len(self._columns):
            self._write_whole(dat, self._values)
        else:
            dat.replaceRow(1, list(self._values.values()))
        self._written = dict(self._values)

    def blank(self) -> None:
        """Shows a row as of a fresh component until the next `flush`; for a project that is being saved."""
        dat = self._comp.op("status")
        if dat is not None:
            self._write_whole(dat, self._blank)
        self._written = None

    def _write_whole(self, dat: Any, values: dict[str, str]) -> None:
        dat.clear()
        dat.appendRows([list(self._columns), list(values.values())])

    def as_dict(self) -> dict[str, str]:
        """What `GetStatus` returns."""
        return dict(self._values)
''',
    "src/common/tdg_td_tables.py": '''\
"""The only writer of tables.

Thread: main only.

A table is written through a shadow: what was last put into each row. Rows are found by binary search over positions
that are kept here, never by searching the table; equal rows are not written again.
"""

import bisect
from collections.abc import Iterable, Sequence
from typing import Any

Row = tuple[str, ...]


def text(value: Any) -> str:
    """A value as a cell holds it: None is empty, truth values are 0 and 1."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    return str(value)


class KeyedTable:
    """A table DAT whose rows have a unique key in their first column.

    Args:
        dat: The table.
        header: Names of the columns; the first one holds the key.
    """

    def __init__(self, dat: Any, header: Sequence[str]) -> None:
        self.dat = dat
        self.header = tuple(header)
        #: What was last written, by key, in the table's order.
        self.shadow: dict[str, Row] = {}
        # Each row has a growing number; the row of a number is its place in the sorted list of numbers. So a row is
        # found in O(log n), also after others were deleted.
        self._number: dict[str, int] = {}
        self._numbers: list[int] = []
        self._next = 0

    def reset(self) -> None:
        """Empties the table down to its header, whatever it held."""
        self.dat.clear()
        self.dat.appendRow(list(self.header))
        self.shadow.clear()
        self._number.clear()
        self._numbers.clear()

    def put(self, rows: Iterable[Row]) -> None:
        """Writes rows: known keys in their place, new ones at the end in one call."""
        new: dict[str, Row] = {}
        for row in rows:
            key = row[0]
            if key in self._number:
                self._replace(key, row)
            else:
                new[key] = row
        if new:
            self._append(new)

    def put_cells(self, key: str, cells: dict[str, str]) -> None:
        """Changes some columns of a row that is there."""
        row = self.shadow[key]
        self._replace(key, tuple(cells.get(name, old) for name, old in zip(self.header, row, strict=True)))

    def remove(self, keys: Iterable[str]) -> None:
        """Deletes the rows of those keys that are there."""
        found = sorted(((self._row(key), key) for key in set(keys) if key in self._number), reverse=True)
        if not found:
            return
        self.dat.deleteRows([row for row, _ in found])  # falling: right whether indices mean before or during the call
        for row, key in found:
            del self._numbers[row - 1], self._number[key], self.shadow[key]

    def restore(self) -> None:
        """Someone sorted or cut the table by hand: writes it anew from the shadow. Collections do otherwise."""
        rows = dict(self.shadow)
        self.reset()
        self._append(rows)

    def __contains__(self, key: object) -> bool:
        return key in self._number

    def __len__(self) -> int:
        return len(self._number)

    def _row(self, key: str) -> int:
        return bisect.bisect_left(self._numbers, self._number[key]) + 1

    def _replace(self, key: str, row: Row) -> None:
        if self.shadow[key] == row:
            return
        index = self._row(key)
        cell = self.dat[index, 0]
        if cell is None or cell.val != key:
            self.restore()
            index = self._row(key)
        self.dat.replaceRow(index, list(row))
        self.shadow[key] = row

    def _append(self, rows: dict[str, Row]) -> None:
        if not rows:
            return
        self.dat.appendRows([list(row) for row in rows.values()])
        numbers = range(self._next, self._next + len(rows))
        self._next = numbers.stop
        self._numbers.extend(numbers)
        self._number.update(zip(rows, numbers, strict=True))
        self.shadow.update(rows)
''',
    "src/common/tdg_td_tasks.py": '''\
"""TouchDesigner's ThreadManager, used so that nothing hangs when it is busy, reset or missing.

Thread: main only, except what is handed to the manager.
"""

import threading
import time
from collections.abc import Callable
from typing import Any

import td

#: A pool task that has not begun by then runs in a thread of its own: the pool's four threads belong to the project.
_POOL_PATIENCE_S = 2.0

#: Has a thread begun it, which thread may, what it does.
_Job = tuple[threading.Event, threading.Lock, Callable[..., None], tuple[Any, ...]]


class Tasks:
    """Short jobs in the shared pool and one standing task whose RefreshHook comes every frame."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, _Job]] = []
        self._stop_keepalive = threading.Event()

    def run(self, function: Callable[..., None], *args: Any) -> None:
        """Runs `function(*args)` in the shared pool, soon; it must not raise and takes plain values only."""
        job = (threading.Event(), threading.Lock(), function, args)
        manager = _manager()
        if manager is None:
            _thread(job)
            return
        manager.EnqueueTask(manager.TDTask(target=_once, args=job))
        self._waiting.append((time.monotonic() + _POOL_PATIENCE_S, job))

    def keep_alive(self, refresh: Callable[..., None]) -> None:
        """Starts the standing task; `refresh` is called on the main thread each frame while the task runs."""
        manager = _manager()
        if manager is None:
            return
        self._stop_keepalive = threading.Event()
        task = manager.TDTask(target=_wait, args=(self._stop_keepalive,), RefreshHook=refresh)
        manager.EnqueueTask(task, standalone=True)

    def check(self, now: float) -> None:
        """Moves jobs that the pool has left waiting into threads of their own. To be called every frame."""
        if not self._waiting:
            return
        for entry in list(self._waiting):
            deadline, job = entry
            if job[0].is_set():
                self._waiting.remove(entry)
            elif now >= deadline:
                self._waiting.remove(entry)
                _thread(job)

    def stop(self) -> None:
        """Ends the standing task."""
        self._stop_keepalive.set()
        self._waiting.clear()


def _manager() -> Any:
    """The ThreadManager; None on builds before 2023.31500."""
    return getattr(getattr(td.op, "TDResources", None), "ThreadManager", None)


def _thread(job: _Job) -> None:
    threading.Thread(target=_once, args=job, name="tdg-task", daemon=True).start()


def _once(begun: threading.Event, once: threading.Lock, function: Callable[..., None], args: tuple[Any, ...]) -> None:
    """A worker's part of `Tasks.run`: the pool and a thread of its own may both come, the first one does it."""
    if once.acquire(blocking=False):
        begun.set()
        function(*args)


def _wait(stopped: threading.Event) -> None:
    """A worker's part of `Tasks.keep_alive`."""
    stopped.wait()
''',
    "src/common/tdg_work_bootstrap.py": '''\
"""Looks whether Google's packages can be imported, and installs them where they cannot.

Thread: worker only, except `import_step`, which the main thread calls where TouchDesigner lets no other one import.
"""

import os
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import tdg_core_bootstrap_messages as messages
import tdg_core_errors
import tdg_core_installer
import tdg_core_messages
import tdg_core_packages
import tdg_disk_lock
import tdg_disk_venv
import tdg_work_imports
import tdg_work_uv

CloudError = tdg_core_errors.CloudError
Venv = tdg_disk_venv.Venv

Post = Callable[[tdg_core_messages.Message], None]

#: How long to wait for another process that installs.
_LOCK_S = 1800.0
_LOCK_LOOK_S = 0.2

#: How lines of an installer begin that only matter when something goes wrong.
_DETAILS = ("+ ", "- ", "~ ", "Using Python", "WARNING: ")


@dataclass(frozen=True)
class Plan:
    """What one search needs, as plain values.

    Attributes:
        run: Number of the search, for the answers.
        folder: Where the shared environment is, or is to be.
        python: TouchDesigner's own interpreter as a program.
        version: Its version, such as `3.11`.
        modules: What the gateway imports.
        lock: Text of the requirements with versions and hashes.
        installer_lock: The same for uv.
        settled: Another look after an installation: what is there now has to do.
    """

    run: int
    folder: str
    python: str
    version: str
    modules: tuple[str, ...]
    lock: str
    installer_lock: str
    settled: bool = False

    @property
    def venv(self) -> Venv:
        """The environment."""
        return Venv(Path(self.folder), self.version, os.name == "nt")


def look(plan: Plan, post: Post) -> None:
    """Answers with `PackagesUsable`, or with what has to happen before."""
    try:
        post(_look(plan, post))
    except Exception as error:
        post(_failed(plan, error))


def install(plan: Plan, why: str, post: Post, cancelled: threading.Event) -> None:
    """Makes the environment anew; answers with `PackagesFound` or `PackagesUnusable`, and tells its progress meanwhile.

    Args:
        plan: What to install where.
        why: As in `PackagesMissing`.
        post: Takes the answers.
        cancelled: Set it to call the installation off; what was there before comes back.
    """
    try:
        post(_install(plan, why, post, cancelled))
    except Exception as error:
        post(_failed(plan, error))


def import_step(name: str) -> str:
    """Imports one module on the calling thread; an empty string, or why it failed. What is not installed is no failure.

    Thread: any.
    """
    return tdg_work_imports.problem_of(name)


def _look(plan: Plan, post: Post) -> tdg_core_messages.Message:
    venv = plan.venv
    status = venv.status(tdg_core_packages.pins(plan.lock))
    site = str(venv.site_packages)
    if status == tdg_disk_venv.UNFINISHED:
        return _missing(plan, "unfinished", "the last installation was cut short", ask=False)
    if status == tdg_disk_venv.OUTDATED and not plan.settled and not tdg_work_imports.loaded_from(site):
        return _missing(plan, "outdated", "this component wants newer packages", ask=False)
    if status != tdg_disk_venv.ABSENT and site not in sys.path:
        return messages.PackagesFound(plan.run, site)
    absent = [name for name in plan.modules if not tdg_work_imports.is_there(name)]
    if absent:
        return _missing(plan, "missing", f"{tdg_core_packages.listed(absent)} cannot be found", ask=not venv.ours())
    for name in plan.modules:
        problem = tdg_work_imports.problem_of(name)
        if problem:
            steps = tuple(step for step in tdg_core_packages.STEPS if tdg_work_imports.is_there(step))
            mendable = status != tdg_disk_venv.ABSENT and not plan.settled
            modules = (*steps, *plan.modules)
            return messages.ImportHere(plan.run, modules, problem, mendable, not venv.ours())
    for line in tdg_work_imports.conflicts(site):
        post(tdg_core_messages.Logged("WARNING", line))
    return messages.PackagesUsable(plan.run)


def _missing(plan: Plan, why: str, reason: str, *, ask: bool) -> tdg_core_messages.Message:
    if plan.settled:
        return messages.PackagesUnusable(plan.run, f"Google's packages cannot be used after all: {reason}.")
    return messages.PackagesMissing(plan.run, why, reason, ask)


def _install(plan: Plan, why: str, post: Post, cancelled: threading.Event) -> tdg_core_messages.Message:
    venv = plan.venv
    found = messages.PackagesFound(plan.run, str(venv.site_packages))
    pins = tdg_core_packages.pins(plan.lock)
    report = _Report(post)
    try:
        venv.folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        text = (
            f"Cannot make the folder {venv.folder.parent} ({error.strerror}); save the project where it may be written."
        )
        raise CloudError("packages", text) from None
    descriptor = _locked(venv, report, cancelled)
    try:
        if why != "broken" and venv.status(pins) == tdg_disk_venv.COMPLETE:
            return found  # another component or another TouchDesigner has done it meanwhile
        begun = time.monotonic()
        report.say(f"installing Google's packages into {venv.folder}: {len(pins)} packages, once per project")
        try:
            _make(plan, venv, pins, report, cancelled)
        except CloudError as error:
            if why != "outdated" or cancelled.is_set():
                raise
            post(tdg_core_messages.Logged("WARNING", f"{error.message} The packages of before are used on."))
            return found
        report.say(f"installed in {time.monotonic() - begun:.0f} s")
        return found
    finally:
        os.close(descriptor)


def _make(plan: Plan, venv: Venv, pins: dict[str, str], report: "_Report", cancelled: threading.Event) -> None:
    lock = venv.folder.with_name(f"{venv.folder.name}-requirements.txt")
    installer_lock = venv.folder.with_name("uv-requirements.txt")
    own = venv.folder.with_name("uv")
    lock.write_text(plan.lock, encoding="utf-8")
    program = tdg_work_uv.find(own, own.parent, cancelled)
    if program is None:
        report.say("uv, the installer, is not on this machine; fetching it")
        installer_lock.write_text(plan.installer_lock, encoding="utf-8")
        program = tdg_work_uv.fetch(own, plan.python, installer_lock, report.line, cancelled)
        installer_lock.unlink()
    uv = tdg_work_uv.Uv(program, own.parent, report.line, cancelled)
    venv.set_aside()
    try:
        venv.begin()
        uv.make_venv(venv.folder, plan.python)
        if not venv.site_packages.is_dir():
            raise CloudError("packages", f"{plan.python} is not the Python {plan.version} that TouchDesigner runs.")
        uv.install(venv.python, lock)
        venv.finish(pins)
    except CloudError:
        venv.bring_back()
        raise
    lock.unlink()


def _locked(venv: Venv, report: "_Report", cancelled: threading.Event) -> int:
    """Waits until no other process installs; the descriptor that holds the lock."""
    deadline = time.monotonic() + _LOCK_S
    told = False
    while (descriptor := tdg_disk_lock.acquire(venv.lock, str(os.getpid()))) is None:
        if not told:
            report.say("another TouchDesigner or component is installing; waiting for it")
            told = True
        if cancelled.wait(_LOCK_LOOK_S):
            raise CloudError("packages", "The installation was called off.")
        if time.monotonic() > deadline:
            raise CloudError("packages", f"Another program has held {venv.lock} for half an hour; end it, and connect.")
    return descriptor


class _Report:
    """Progress for the log: what matters as INFO, the rest as DEBUG."""

    def __init__(self, post: Post) -> None:
        self._post = post

    def say(self, text: str) -> None:
        self._post(tdg_core_messages.Logged("INFO", text))

    def line(self, line: str) -> None:
        """A line of an installer's output."""
        text = tdg_core_installer.redacted(line).strip()
        if text:
            level = "DEBUG" if text.startswith(_DETAILS) else "INFO"
            self._post(tdg_core_messages.Logged(level, f"installer: {text}"))


def _failed(plan: Plan, error: Exception) -> tdg_core_messages.Message:
    if isinstance(error, CloudError):
        return messages.PackagesUnusable(plan.run, error.message)
    if isinstance(error, OSError):
        text = f"Google's packages could not be installed into {plan.folder}: {error.strerror}."
        return messages.PackagesUnusable(plan.run, text)
    text = f"Looking for Google's packages failed ({type(error).__name__}): a defect; please report this line."
    return messages.PackagesUnusable(plan.run, text)
''',
    "src/common/tdg_work_engine.py": '''\
"""What both engines do alike: settings, connecting, telling trouble, taking accepted requests.

Thread: worker only.
"""

from collections.abc import Callable
from typing import Any, Generic, Protocol, TypeVar

import tdg_core_errors
import tdg_core_messages
import tdg_core_settings
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Message = tdg_core_messages.Message

S = TypeVar("S", bound=tdg_core_settings.Settings)

#: Seconds after which accepted requests that could not be stored (disk full) are tried again.
_STORE_AGAIN_S = 5.0


class Gateway(Protocol):
    """What a connected gateway tells of itself; the rest is each component's own."""

    project_id: str
    #: The bucket or database it talks to.
    target: str

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""


class Engine(Generic[S]):
    """Base of the storage and the firestore engine.

    Every method runs on the loop's thread. A subclass adds its requests to `handlers` and overrides the hooks
    `on_settings`, `on_connected`, `on_disconnected`, `on_accepted`, `on_forget` and `on_close`.

    Args:
        loop: The loop it lives on.
        settings: What it starts with; `Configure` replaces them by others of the same class.
        open_gateway: Connects with the given settings and proves it by a round trip; raises `CloudError`.
    """

    def __init__(self, loop: tdg_work_loop.Loop, settings: S, open_gateway: Callable[[S], Any]) -> None:
        self.loop = loop
        self.settings = settings
        self.gateway: Any = None
        #: The attempt whose answer counts; 0 when none is wanted.
        self.attempt = 0
        self._open_gateway = open_gateway
        #: Accepted requests that are not stored yet, oldest first.
        self._accepted: list[tdg_core_messages.Accepted] = []
        self._store_planned = False
        self.handlers: dict[str, Callable[[Any], None]] = {
            "configure": self._configure,
            "connect": self._connect,
            "disconnect": self._disconnect,
            "accepted": self._accept,
            "forget": self._forget,
        }

    def handle(self, request: Message) -> None:
        """Runs the handler of a request."""
        if request.kind != tdg_core_messages.Accepted.kind:
            self._store_accepted()  # first what came first
        handler = self.handlers.get(request.kind)
        if handler is None:
            self.loop.log("ERROR", f"The engine does not know the request {request.kind!r}: versions differ.")
            return
        handler(request)

    def close(self) -> None:
        """The engine ends: the gateway is closed; when the last helper thread has ended, `on_close` stores the rest."""
        self._store_accepted()
        self.attempt = 0
        self._drop_gateway()
        self.loop.at_end(self.on_close)

    def trouble(self, error: CloudError) -> None:
        """Says that the server cannot be reached any more; the main thread decides when to try again."""
        if self.gateway is None:
            return
        attempt = self.attempt
        self._drop_gateway()
        self.loop.outbox.put(tdg_core_messages.Trouble(attempt, error.code, error.message))

    def on_settings(self, former: S) -> None:
        """The settings have changed."""

    def on_connected(self) -> None:
        """`self.gateway` can be used from now on."""

    def on_disconnected(self) -> None:
        """`self.gateway` is gone."""

    def on_accepted(self, entries: list[tdg_core_messages.Accepted]) -> None:
        """Store these in one transaction and answer `Stored`.

        Raises:
            CloudError: They could not be stored; they are offered again, with those that come meanwhile.
        """

    def on_forget(self) -> None:
        """The user's Reset."""

    def on_close(self) -> None:
        """No helper thread is left: last chance to store something."""

    def _configure(self, request: tdg_core_messages.Configure) -> None:
        former, self.settings = self.settings, type(self.settings).from_plain(request.settings)
        self.on_settings(former)

    def _connect(self, request: tdg_core_messages.Connect) -> None:
        self._drop_gateway()
        self.attempt = attempt = request.attempt
        self.loop.spawn(
            "connect",
            self._open_gateway,
            self.settings,
            then=lambda gateway, error: self._connect_ended(attempt, gateway, error),
        )

    def _connect_ended(self, attempt: int, gateway: Any, error: CloudError | None) -> None:
        if attempt != self.attempt:  # called off meanwhile
            if gateway is not None:
                self.loop.spawn("close", gateway.close)
            return
        if error is not None:
            self.loop.outbox.put(tdg_core_messages.ConnectFailed(attempt, error.code, error.message))
            return
        self.gateway = gateway
        self.loop.outbox.put(tdg_core_messages.Connected(attempt, gateway.project_id, gateway.target))
        self.on_connected()

    def _disconnect(self, _: tdg_core_messages.Disconnect) -> None:
        self.attempt = 0
        self._drop_gateway()

    def _drop_gateway(self) -> None:
        gateway, self.gateway = self.gateway, None
        if gateway is not None:
            self.loop.spawn("close", gateway.close)
            self.on_disconnected()

    def _accept(self, request: tdg_core_messages.Accepted) -> None:
        self._accepted.append(request)
        if len(self._accepted) == 1:
            self.loop.call(self._store_accepted)  # behind all that waits already: one transaction for many

    def _store_accepted(self) -> None:
        if not self._accepted:
            return
        entries = list(self._accepted)
        _, error = tdg_work_loop.attempt(self.on_accepted, entries)
        if error is None:
            del self._accepted[: len(entries)]
            return
        self.loop.tell(error)
        if not self._store_planned:
            self._store_planned = True
            self.loop.call_later(_STORE_AGAIN_S, self._store_again)

    def _store_again(self) -> None:
        self._store_planned = False
        self._store_accepted()

    def _forget(self, _: tdg_core_messages.Forget) -> None:
        self.on_forget()
        if self._accepted:  # could not be stored and need not be any more
            self.loop.outbox.put(tdg_core_messages.Stored(tuple(entry.entry for entry in self._accepted)))
            self._accepted.clear()
''',
    "src/common/tdg_work_imports.py": '''\
"""Imports packages and says what is wrong with them: not there, broken, or another version of somebody else's.

Thread: any; meant for workers, as an import can take seconds.
"""

import importlib
import importlib.metadata
import sys
from collections.abc import Iterator
from importlib import machinery
from pathlib import Path

import tdg_core_packages

#: Package as installed -> module as imported, where the two differ.
_MODULES = {
    "attrs": "attr",
    "google-auth": "google.auth",
    "google-api-core": "google.api_core",
    "googleapis-common-protos": "google.rpc",
    "grpcio": "grpc",
    "grpcio-status": "grpc_status",
    "proto-plus": "proto",
    "protobuf": "google.protobuf",
    "pyjwt": "jwt",
}

_FORBIDDEN = (
    "macOS does not let TouchDesigner load it. Allow it under System Settings, Privacy & Security, or use Engine: "
    "Process Beside It"
)
_OTHER_PROCESSOR = (
    "it is made for another processor than this TouchDesigner. Delete the folder venv/gcp and connect again"
)
_CLASH = "a library it needs is missing or clashes with one that TouchDesigner has loaded"
_PROTOBUF = (
    "another component has loaded a different version of protobuf. Load this component first, or remove the other"
)

#: What the system's refusal of a native module means.
_REFUSALS = (
    (("library load disallowed", "not valid for use in process", "code signature", "different team ids"), _FORBIDDEN),
    (("incompatible architecture", "wrong architecture", "not a valid win32 application"), _OTHER_PROCESSOR),
    (("dll load failed", "cannot open shared object", "symbol not found", "undefined symbol"), _CLASH),
    (("descriptors cannot be created directly", "duplicate file name", "duplicate symbol"), _PROTOBUF),
)

_MAX_TEXT = 200

_LOADERS = (
    (machinery.SourceFileLoader, machinery.SOURCE_SUFFIXES),
    (machinery.ExtensionFileLoader, machinery.EXTENSION_SUFFIXES),
    (machinery.SourcelessFileLoader, machinery.BYTECODE_SUFFIXES),
)


def is_there(name: str) -> bool:
    """Whether a module is loaded or can be found on `sys.path`, without importing anything."""
    if name in sys.modules:
        return True
    top, *rest = name.split(".")
    spec = machinery.PathFinder.find_spec(top)
    for part in rest:
        if spec is None:
            return False
        # `find_spec` of a dotted name would import the packages around it.
        finders = [machinery.FileFinder(place, *_LOADERS) for place in spec.submodule_search_locations or ()]
        spec = next((found for finder in finders if (found := finder.find_spec(part)) is not None), None)
    return spec is not None


def problem_of(name: str) -> str:
    """Imports a module; an empty string, or why that failed, for people. What an import prints goes nowhere."""
    try:
        importlib.import_module(name)
    except BaseException as error:  # a package may even try to end the program
        return f"{name} cannot be imported: {_explained(error)}"
    return ""


def loaded_from(folder: str) -> bool:
    """Whether any loaded module comes from that folder."""
    return any(_is_below(file, folder) for file in map(_file_of, list(sys.modules)) if file)


def conflicts(site: str) -> Iterator[str]:
    """A sentence for each package of the environment `site` that gets another version of something than it needs.

    TouchDesigner's own packages come before those of the environment (whose folder is at the end of `sys.path`, so
    that no other component gets other versions than before).
    """
    told = set()
    for distribution in importlib.metadata.distributions(path=[site]):
        for line in distribution.requires or ():
            requirement = tdg_core_packages.Requirement.parse(line)
            if requirement is None or not requirement.always or requirement.name in told:
                continue
            module = _MODULES.get(requirement.name, requirement.name.replace("-", "_"))
            file = _file_of(module)
            if not file or _is_below(file, site):
                continue
            version = _version(module, requirement.name, file)
            if version and not requirement.allows(version):
                told.add(requirement.name)
                yield (
                    f"{distribution.name} needs {requirement.name} {requirement}, but {version} from {file} comes "
                    "first; if connecting fails, update TouchDesigner or remove that package."
                )


def _explained(error: BaseException) -> str:
    text = " ".join(str(error).split())
    lower = text.lower()
    if isinstance(error, ModuleNotFoundError):
        return f"{error.name} is missing"
    for words, sentence in _REFUSALS:
        if any(word in lower for word in words):
            return f"{sentence} ({text[:_MAX_TEXT]})"
    return f"{type(error).__name__}: {text[:_MAX_TEXT]}"


def _file_of(module: str) -> str:
    """Where a loaded module comes from; empty where there is no telling."""
    file = getattr(sys.modules.get(module), "__file__", None)
    return file if isinstance(file, str) else ""


def _is_below(file: str, folder: str) -> bool:
    return Path(folder) in Path(file).parents


def _version(module: str, package: str, file: str) -> str:
    """The version of a loaded module that came from that file."""
    version = getattr(sys.modules.get(module), "__version__", None)
    if isinstance(version, str):
        return version
    depth = module.count(".") + (2 if Path(file).name == "__init__.py" else 1)
    folder = str(Path(file).parents[depth - 1])
    found = importlib.metadata.distributions(name=package, path=[folder])
    return next((distribution.version for distribution in found), "")
''',
    "src/common/tdg_work_loop.py": '''\
"""The engine's own thread: everything an engine knows is changed here and nowhere else.

Thread: worker only.

Requests, results of helper threads and due timers are run one after another on the loop's thread, so an engine needs
no locks. What takes long (a call to the server, a large file) runs in a helper thread, which gets plain values and
whose result comes back to the loop.
"""

import heapq
import itertools
import queue
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_log
import tdg_core_messages

CloudError = tdg_core_errors.CloudError

#: Code of an exception that is none of ours.
DEFECT = "internal"


class Outbox(Protocol):
    """Where events go; `tdg_bridge_outbox.Outbox` fulfils it."""

    def put(self, event: tdg_core_messages.Message, merge_key: Any = None) -> None: ...
    def stream(
        self,
        build: Callable[[list[Any]], tdg_core_messages.Message],
        chunk: int,
        merge: Callable[[Any, Any], Any] | None = None,
    ) -> Any: ...


class Loop:
    """Takes what comes in, in order, until told to stop.

    Args:
        inbox: Requests from the main thread; None ends the loop.
        outbox: Events to the main thread.
        clock: Monotonic seconds.
    """

    def __init__(
        self, inbox: "queue.SimpleQueue[Any]", outbox: Outbox, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.outbox = outbox
        self.clock = clock
        self._inbox = inbox
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._count = itertools.count()
        self._helpers: set[threading.Thread] = set()
        self._last: list[Callable[[], None]] = []
        self._defects = tdg_core_log.Repeats()

    def run(self, handle: Callable[[tdg_core_messages.Message], None], close: Callable[[], None]) -> None:
        """Serves until None is found in the inbox, then ends in three steps.

        `close` is called, which closes what the helper threads talk to; their last results are taken as ever, but no
        requests and timers any more; what `at_end` was given is called when the last helper has ended.
        """
        while (item := self._next()) is not None:
            if isinstance(item, tuple):
                self._guard(*item)
            else:
                self._guard(handle, item)
        self._guard(close)
        while self._helpers:
            item = self._inbox.get()
            if isinstance(item, tuple):
                self._guard(*item)
        for function in self._last:
            self._guard(function)

    def at_end(self, function: Callable[[], None]) -> None:
        """Calls `function()` as the loop's last act, when no helper thread is left."""
        self._last.append(function)

    def call(self, function: Callable[..., None], *args: Any) -> None:
        """Runs `function(*args)` on the loop's thread, soon. Any thread."""
        self._inbox.put((function, *args))

    def call_later(self, delay_s: float, function: Callable[[], None]) -> None:
        """Runs `function()` on the loop's thread after that many seconds. The loop's thread only."""
        heapq.heappush(self._timers, (self.clock() + delay_s, next(self._count), function))

    def spawn(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        then: Callable[[Any, CloudError | None], None] | None = None,
    ) -> None:
        """Runs `function(*args)` in a helper thread; then `then(result, error)` on the loop's thread.

        The loop's thread only.
        """

        def help_out() -> None:
            result, error = attempt(function, *args)
            self.call(self._helped, threading.current_thread(), then, result, error)

        helper = threading.Thread(target=help_out, name=f"tdg-{name}", daemon=True)
        self._helpers.add(helper)
        try:
            helper.start()
        except RuntimeError:
            text = f"The system gives no more threads, so {name} could not begin; it is tried again."
            self.call(self._helped, helper, then, None, CloudError("exhausted", text))

    def log(self, level: str, text: str) -> None:
        """A line for the log. Any thread."""
        self.outbox.put(tdg_core_messages.Logged(level, text))

    def notice(self, _level: str, text: str) -> None:
        """A line for the log and for `last_error`; what a store tells of its file (`tdg_disk_sqlite.Tell`)."""
        self.outbox.put(tdg_core_messages.Noticed(text))

    def tell(self, error: CloudError) -> None:
        """Logs an error; the same one at most once a minute. The loop's thread only."""
        line = self._defects.line(error.message, self.clock())
        if line is not None:
            self.log("ERROR", line)

    def _helped(
        self,
        helper: threading.Thread,
        then: Callable[[Any, CloudError | None], None] | None,
        result: Any,
        error: CloudError | None,
    ) -> None:
        """A helper thread has done its part."""
        self._helpers.discard(helper)
        if then is not None:
            then(result, error)
        elif error is not None and error.code == DEFECT:
            self.tell(error)

    def _next(self) -> Any:
        """What is to be done next: a due timer first, else whatever comes in."""
        while True:
            wait_s = None
            if self._timers:
                wait_s = self._timers[0][0] - self.clock()
                if wait_s <= 0:
                    return (heapq.heappop(self._timers)[2],)
            try:
                return self._inbox.get(timeout=wait_s)
            except queue.Empty:
                continue

    def _guard(self, function: Callable[..., None], *args: Any) -> None:
        """One failing step must not end the loop: it is told and the next one runs."""
        _, error = attempt(function, *args)
        if error is not None:
            self.tell(error)


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, CloudError | None]:
    """Calls `function(*args)`: its result and None, or None and what went wrong.

    An exception that is none of ours is a defect; its type and place are told, never its text, which may hold a secret.
    """
    try:
        return function(*args), None
    except CloudError as error:
        return None, error
    except Exception as error:
        place = error.__traceback__
        while place is not None and place.tb_next is not None:
            place = place.tb_next
        where = "" if place is None else f" at {place.tb_frame.f_code.co_name}:{place.tb_lineno}"
        return None, CloudError(DEFECT, f"{type(error).__name__}{where}: a defect; please report this line.")
''',
    "src/common/tdg_work_process.py": '''\
"""Runs a program, line by line, so that it can be called off and never outlives its caller's wish.

Thread: worker only.
"""

import contextlib
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: How long a program may take to end after being asked to, before it is killed.
_STOP_PATIENCE_S = 5.0

_LOOK_S = 0.2

#: A program that says nothing is reported to be still at work that often.
_HEARTBEAT_S = 15.0

#: A GUI program on Windows has no console, and must not open one for a child.
_FLAGS = getattr(subprocess, "CREATE_NO_WINDOW", 0) if sys.platform == "win32" else 0


def run(
    command: Sequence[str | Path],
    environ: Mapping[str, str],
    folder: Path,
    tell: Callable[[str], None],
    cancelled: threading.Event,
    timeout_s: float,
) -> tuple[int, str]:
    """Runs a program to its end.

    Args:
        command: Program and arguments.
        environ: Its environment.
        folder: Its working directory.
        tell: Gets each line of its output, as it comes.
        cancelled: Set it to end the program.
        timeout_s: It is ended after that many seconds.

    Returns:
        Its exit code and its whole output.

    Raises:
        CloudError: `packages`: it could not be started, took too long, or was called off.
    """
    name = Path(command[0]).name
    lines: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    output: list[str] = []
    begun = heard = time.monotonic()
    with _child(command, environ, folder) as process:
        assert process.stdout is not None
        threading.Thread(target=_read, args=(process.stdout, lines), name="tdg-output", daemon=True).start()
        while True:
            if cancelled.is_set():
                raise CloudError("packages", f"{name} was called off.")
            now = time.monotonic()
            if now - begun > timeout_s:
                raise CloudError("packages", f"{name} did not end within {timeout_s / 60:.0f} minutes; try again.")
            if now - heard > _HEARTBEAT_S:
                heard = now
                tell(f"still at work after {now - begun:.0f} s")
            try:
                line = lines.get(timeout=_LOOK_S)
            except queue.Empty:
                continue
            if line is None:
                return process.wait(), "\\n".join(output)
            output.append(line)
            heard = now
            tell(line)


@contextlib.contextmanager
def _child(
    command: Sequence[str | Path], environ: Mapping[str, str], folder: Path
) -> Iterator["subprocess.Popen[str]"]:
    """A running program that does not outlive this block."""
    try:
        process = subprocess.Popen(
            [str(part) for part in command],
            env=dict(environ),
            cwd=folder,
            stdin=subprocess.DEVNULL,  # without it, Windows raises in a program without a console
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",  # macOS gives GUI programs an ASCII locale
            errors="replace",
            creationflags=_FLAGS,
        )
    except OSError as error:
        raise CloudError("packages", f"Cannot start {command[0]} ({error.strerror}).") from None
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(_STOP_PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _read(stream: IO[str], lines: "queue.SimpleQueue[str | None]") -> None:
    with stream:
        for line in stream:
            lines.put(line.rstrip())
    lines.put(None)
''',
    "src/common/tdg_work_store.py": '''\
"""An engine's SQLite file: atomic changes, and accepted requests taken exactly once.

Thread: worker only.
"""

import contextlib
import sqlite3
from collections.abc import Iterator, Sequence
from pathlib import Path

import tdg_core_errors
import tdg_core_messages
import tdg_disk_sqlite

CloudError = tdg_core_errors.CloudError

#: The table behind `Store.is_new`; the first migration of every store.
ACCEPTED = "CREATE TABLE accepted (journal TEXT PRIMARY KEY, entry INTEGER NOT NULL)"


class Store:
    """One SQLite file with one connection, used on one thread.

    Args:
        path: The file; None for a store in memory.
        migrations: As for `tdg_disk_sqlite.open_database`, without the table `accepted`.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, migrations: Sequence[str], tell: tdg_disk_sqlite.Tell) -> None:
        self.path = path
        self.connection = tdg_disk_sqlite.open_database(path, [ACCEPTED, *migrations], tell)
        self.connection.execute("PRAGMA synchronous = FULL")

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One atomic change: committed at the end, undone if an exception leaves it.

        Raises:
            CloudError: `disk` when it could not be written.
        """
        try:
            self.connection.execute("BEGIN IMMEDIATE")
            yield self.connection
            self.connection.execute("COMMIT")
        except BaseException as error:
            with contextlib.suppress(sqlite3.Error):
                self.connection.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                raise
            raise CloudError("disk", f"Cannot write {self.path}: {error}. Free or unlock the cache folder.") from error

    def is_new(self, request: tdg_core_messages.Accepted) -> bool:
        """Whether this accepted request has not been stored before; to be asked inside the storing transaction."""
        if not request.entry:
            return True
        last = self.connection.execute("SELECT entry FROM accepted WHERE journal = ?", (request.journal,)).fetchone()
        if last is not None and request.entry <= last[0]:
            return False
        self.connection.execute("INSERT OR REPLACE INTO accepted VALUES (?, ?)", (request.journal, request.entry))
        return True

    def close(self) -> None:
        """Closes the file."""
        self.connection.close()
''',
    "src/common/tdg_work_uv.py": '''\
"""uv, the installer: found on this machine or fetched as the Python package it also is, and run.

Thread: worker only.
"""

import os
import re
import shutil
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import tdg_core_errors
import tdg_core_installer
import tdg_work_process

CloudError = tdg_core_errors.CloudError

#: Older ones lack options that are used here.
_MIN = (0, 5)

_PROGRAM_S = 60.0
_INSTALL_S = 1800.0

#: Variables that lead uv, or the Python it asks, to another environment than the one that is meant.
_MISLEADING = frozenset(
    {"VIRTUAL_ENV", "CONDA_PREFIX", "PYTHONPATH", "PYTHONHOME", "PYTHONEXECUTABLE", "__PYVENV_LAUNCHER__", "UV_PYTHON"}
)

#: Settings of pip that mean the same to uv: taken over where uv's own (the first name) or its other names are not set.
_PIP_TO_UV = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
    "PIP_TRUSTED_HOST": ("UV_INSECURE_HOST",),
    "PIP_CERT": ("SSL_CERT_FILE",),
    "PIP_PROXY": ("ALL_PROXY", "HTTPS_PROXY", "https_proxy", "all_proxy"),
    "PIP_DEFAULT_TIMEOUT": ("UV_HTTP_TIMEOUT",),
}

_UNTRUSTED = ("invalid peer certificate", "unknownissuer")


@dataclass(frozen=True)
class Uv:
    """A uv that runs here.

    Attributes:
        program: Where it is.
        folder: Working directory of its runs.
        tell: Gets each line it says.
        cancelled: Ends a run when set.
    """

    program: Path
    folder: Path
    tell: Callable[[str], None]
    cancelled: threading.Event

    def make_venv(self, folder: Path, python: str) -> None:
        """Makes an empty environment for that interpreter.

        Raises:
            CloudError: `packages`.
        """
        self._run(
            "make the environment",
            "venv",
            "--quiet",
            "--no-project",
            "--allow-existing",
            "--python",
            python,
            str(folder),
        )

    def install(self, python: Path, lock: Path) -> None:
        """Installs what the lock lists, with its hashes, ready to be imported; never builds anything.

        Raises:
            CloudError: `packages`, with the reason in words.
        """
        options = ["--no-progress", "--require-hashes", "--no-deps", "--no-build", "--compile-bytecode"]
        options += ["--link-mode", os.environ.get("UV_LINK_MODE") or "copy"]  # links break in synchronised folders
        if os.environ.get("PIP_NO_INDEX", "").lower() in {"1", "true", "yes", "on"}:
            options.append("--no-index")  # uv has no variable for it
        self._run("install the packages", "pip", "install", *options, "--python", str(python), "-r", str(lock))

    def _run(self, doing: str, *arguments: str) -> None:
        code, output = self._process(*arguments, environ=environment(os.environ))
        if code and any(word in output.lower() for word in _UNTRUSTED):
            # Behind a proxy that reads the traffic, the system knows the proxy's certificate and uv does not.
            self.tell("The package index is not trusted; trying with the certificates of this system.")
            environ = environment(os.environ) | {"UV_SYSTEM_CERTS": "true", "UV_NATIVE_TLS": "true"}
            code, output = self._process(*arguments, environ=environ)
        if code:
            raise CloudError("packages", f"Cannot {doing}: {tdg_core_installer.meaning(output)}.")

    def _process(self, *arguments: str, environ: Mapping[str, str]) -> tuple[int, str]:
        return tdg_work_process.run(
            [self.program, *arguments], environ, self.folder, self.tell, self.cancelled, _INSTALL_S
        )


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """The environment for uv: proxies, indexes and wheel folders that were set up for uv or pip apply."""
    result = {name: value for name, value in environ.items() if name not in _MISLEADING}
    for pip, names in _PIP_TO_UV.items():
        if result.get(pip) and not any(result.get(name) for name in names):
            # pip separates by blanks; for wheel folders uv wants commas.
            result[names[0]] = ",".join(result[pip].split()) if names[0] == "UV_FIND_LINKS" else result[pip]
    return result


def find(own: Path, folder: Path, cancelled: threading.Event) -> Path | None:
    """The first uv on this machine that runs and is new enough: on PATH, in the usual places, or fetched before.

    Args:
        own: Where `fetch` puts it.
        folder: A folder to run it in.
        cancelled: Ends the search.
    """
    for candidate in candidates(own, os.environ, Path.home()):
        try:
            environ = environment(os.environ)
            code, output = tdg_work_process.run(
                [candidate, "--version"], environ, folder, lambda _: None, cancelled, _PROGRAM_S
            )
        except CloudError:
            if cancelled.is_set():
                raise
            continue  # made for another system, or a shim without a target
        found = re.search(r"uv (\\d+)\\.(\\d+)", output)
        if code == 0 and found and (int(found[1]), int(found[2])) >= _MIN:
            return candidate
    return None


def candidates(own: Path, environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Where uv may be; each one is there, though it may not run."""
    folders: list[str] = [environ.get("PATH", "")]
    folders += [environ[name] for name in ("UV_INSTALL_DIR", "XDG_BIN_HOME") if environ.get(name)]
    folders += [str(home / ".local/bin"), str(home / ".cargo/bin")]
    if sys.platform == "win32":
        for name, places in (
            (
                "LOCALAPPDATA",
                (r"Microsoft\\WinGet\\Links", r"Programs\\uv", r"uv\\bin", r"Programs\\Python\\Python3*\\Scripts"),
            ),
            ("APPDATA", (r"Python\\Python3*\\Scripts",)),
            ("ProgramData", (r"chocolatey\\bin",)),
            ("USERPROFILE", (r"scoop\\shims",)),
        ):
            if environ.get(name):
                folders += [str(found) for place in places for found in Path(environ[name]).glob(place)]
    else:
        folders += ["/opt/homebrew/bin", "/usr/local/bin", "/opt/local/bin"]
    folders += [str(own / name) for name in ("bin", "Scripts")]
    for path in folders:
        found = shutil.which("uv", path=path) if path else None
        if found:
            yield Path(found)


def fetch(own: Path, python: str, lock: Path, tell: Callable[[str], None], cancelled: threading.Event) -> Path:
    """Installs the locked uv as a Python package, by the pip of that interpreter and with its hashes.

    Args:
        own: Folder for it.
        python: TouchDesigner's interpreter.
        lock: A requirements file that pins uv.
        tell: Gets each line pip says.
        cancelled: Ends pip when set.

    Raises:
        CloudError: `packages`.
    """
    shutil.rmtree(own, ignore_errors=True)
    environ = {name: value for name, value in os.environ.items() if name not in _MISLEADING}
    command = [python, "-m", "pip", "--no-input", "--disable-pip-version-check", "install", "--quiet", "--no-deps"]
    command += ["--require-hashes", "--only-binary", ":all:", "--target", str(own), "-r", str(lock)]
    code, output = tdg_work_process.run(command, environ, own.parent, tell, cancelled, _INSTALL_S)
    if code:
        raise CloudError("packages", f"Cannot fetch the installer uv: {tdg_core_installer.meaning(output)}.")
    found = find(own, own.parent, cancelled)
    if found is None:
        raise CloudError("packages", "The installer uv was fetched but does not run here. Install uv yourself.")
    return found
''',
    "src/firestore/ext_firestore.py": '''\
"""FirestoreExt: the firestore component as users' scripts know it.

Thread: main only. The functions named at module level belong to the engine and run in its threads.
"""

import functools
import json
import time
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_bridge_thread
import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_gateway_firestore
import tdg_td_component
import tdg_td_firestore_outbound
import tdg_td_firestore_queue
import tdg_td_firestore_sync
import tdg_td_firestore_view
import tdg_td_params
import tdg_work_firestore

messages = tdg_core_firestore_messages
nothing = tdg_td_component.nothing
public = tdg_td_component.public
writes = tdg_core_firestore_writes

# The architecture pages' names of what runs in the engine (contract A4).
_execute_write_queued = tdg_work_firestore.execute_write_queued
_discover_collections = tdg_work_firestore.discover_collections
_serialize_value = tdg_gateway_firestore.serialize_value
_deserialize_value = tdg_gateway_firestore.deserialize_value


class FirestoreExt(tdg_td_component.ComponentExt):
    """Documents of Cloud Firestore as tables, both ways.

    Args:
        ownerComp: The component.
    """

    STATUS_COLUMNS = ("state", "circuit", "last_error", "queue_depth", "connected_at", "collections")
    PARAMETERS = tdg_core_firestore_settings.PARAMETERS
    STEM = "gcp"
    CALLBACKS_NAME = "callbacks"

    settings: tdg_core_firestore_settings.FirestoreSettings
    queue: tdg_td_firestore_queue.QueueTables
    sync: tdg_td_firestore_sync.Sync
    outbound: tdg_td_firestore_outbound.Outbound

    def __init__(self, ownerComp: Any) -> None:
        super().__init__(ownerComp)
        self.settings = tdg_core_firestore_settings.FirestoreSettings()
        self._session = str(uuid.uuid4())
        #: The engine is new and has to be told what is watched.
        self._engine_fresh = False
        self._listener_states: dict[str, tuple[str, str]] = {}
        self._turn = 0

    # Writing ---------------------------------------------------------------------------------------------------------

    @public(str)
    def PushDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Replaces the whole document; the write's queue id, empty if it can never run."""
        return self.outbound.enqueue(collection, doc_id, writes.SET, data)

    @public(str)
    def MergeDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Merges fields into the document and creates it if it is missing; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.SET_MERGE, data)

    @public(str)
    def UpdateDoc(self, collection: str, doc_id: str, data: Mapping[str, Any]) -> str:
        """Changes the named fields (or field paths) of a document that exists; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.UPDATE, data)

    @public(str)
    def DeleteDoc(self, collection: str, doc_id: str) -> str:
        """Deletes the document; as `PushDoc`."""
        return self.outbound.enqueue(collection, doc_id, writes.DELETE, {})

    @public(list)
    def PushBatch(self, operations: Iterable[Mapping[str, Any]], atomic: bool = False) -> list[str]:
        """Queues several writes at once.

        Args:
            operations: Dicts with `collection`, `doc_id`, `op_type` and `payload`.
            atomic: All of them (at most 500) are carried out or none; one that can never run refuses all.

        Returns:
            A queue id per operation, in order, empty for one that can never run.
        """
        return self.outbound.batch(operations, atomic)

    @public(nothing)
    def FlushWriteQueue(self) -> None:
        """Tries all queued writes again now."""
        self._bridge.submit(messages.FlushQueue())

    @public(nothing)
    def ClearWriteQueue(self) -> None:
        """Discards all queued writes; the tables show the server's version again."""
        self.outbound.clear()

    @public(nothing)
    def FlushDirty(self) -> None:
        """Sends every row that was edited and is not sent yet, and tries all queued writes again."""
        for view, doc_id in self.sync.all_edits():
            self.outbound.send_edit(view, doc_id)
        self.FlushWriteQueue()

    @public(nothing)
    def RetryDeadLetters(self) -> None:
        """Puts the dead letters at the end of the queue again."""
        self.outbound.retry_dead()

    @public(nothing)
    def ClearDeadLetters(self) -> None:
        """Forgets the dead letters."""
        self.outbound.clear_dead()

    # Reading and watching --------------------------------------------------------------------------------------------

    @public(nothing)
    def GetDoc(self, collection: str, doc_id: str) -> dict[str, Any] | None:
        """A document as the local table shows it; None if it shows none. No network."""
        return self.sync.document(collection, doc_id)

    @public(list)
    def GetCollection(self, collection: str) -> list[dict[str, Any]]:
        """All documents that a local table shows, each with its `_doc_id`. No network.

        Args:
            collection: The path of a watched collection, or the name of a watched query.
        """
        return self.sync.collection(collection)

    @public(bool)
    def FetchDoc(self, path: str) -> bool:
        """Reads a document from the server, now or as soon as it is connected; the answer comes as `onDocFetched`.

        Returns:
            False if that is no path of a document.
        """
        path = tdg_core_firestore_names.normal_path(str(path))
        problem = tdg_core_firestore_names.problem_of_document(path)
        if problem:
            self.outbound.refuse(problem)
            return False
        self._bridge.submit(messages.Fetch(path))
        return True

    @public(bool)
    def WatchCollection(self, path: str) -> bool:
        """Mirrors a collection or subcollection (`users/u1/items`) into a table; False if that is no such path."""
        return self._watch(path, tdg_core_firestore_watch_spec.collection, path)

    @public(bool)
    def WatchDoc(self, path: str) -> bool:
        """Mirrors one document into a table of its own; False if that is no path of a document."""
        return self._watch(path, tdg_core_firestore_watch_spec.document, path)

    @public(bool)
    def WatchQuery(
        self, name: str, collection: str, where: Any = None, order_by: Any = None, limit: int | None = None
    ) -> bool:
        """Mirrors the result of a query into a table.

        Args:
            name: What to call it; callbacks name it as the collection.
            collection: Path of the collection.
            where: One condition or a list of them: (field, operator, value), as in `("score", ">", 10)`.
            order_by: A field or a list of them; `-field` or `(field, "desc")` turns the order round.
            limit: At most so many documents.

        Returns:
            False if it is no query that the server could run.
        """
        make = functools.partial(tdg_core_firestore_watch_spec.query, where=where, order_by=order_by, limit=limit)
        return self._watch(str(name).strip(), make, collection)

    @public(bool)
    def UnwatchCollection(self, path: str) -> bool:
        """Stops mirroring a collection, document or query and takes its table away; whether it was mirrored."""
        return self.sync.unwatch(tdg_core_firestore_names.normal_path(str(path)))

    @public(nothing)
    def RefreshCollections(self) -> None:
        """Looks for new collections now and watches them."""
        self.sync.reconcile()

    @public(dict)
    def GetStatus(self) -> dict[str, str]:
        """The status row: column name to text."""
        self._show_counts()
        return self.status.as_dict()

    @public(dict)
    def GetListeners(self) -> dict[str, dict[str, str]]:
        """How each listener is doing: `state` (loading, live, reconnecting, error) and `reason`, by name."""
        return {name: {"state": state, "reason": reason} for name, (state, reason) in self._listener_states.items()}

    # For WriteQueueExt -----------------------------------------------------------------------------------------------

    def cache_documents(self, request: messages.CacheDocuments) -> None:
        """Puts documents into the cache."""
        self._bridge.submit(request)

    def _submit_write_item(self, item: messages.Write) -> None:
        """Accepts one write and shows it (contract A4)."""
        self.outbound.submit([item])

    def _accept(self, request: tdg_core_messages.Message) -> None:
        problem = self._bridge.accept(request)
        if problem:
            line = self._faults.line(f"What was accepted is {problem}.", time.monotonic())
            if line is not None:
                self.log.error(line)

    # Inside: watching ------------------------------------------------------------------------------------------------

    def _watch(self, name: str, make: Callable[[str], tdg_core_firestore_watch_spec.Spec], path: str) -> bool:
        try:
            spec = make(str(path))
        except tdg_core_errors.CloudError as error:
            self.outbound.refuse(error.message)
            return False
        name = tdg_core_firestore_names.normal_path(str(name))
        if not name:
            self.outbound.refuse("a query needs a name that is not empty")
            return False
        self.sync.open(name, spec, asked=True)
        return True

    def onTableEdited(self, dat: Any, info: Any) -> None:
        """From a `_cellwatch` DAT: a collection's table was edited, perhaps by ourselves."""
        rows = info.get("rowsChanged") if isinstance(info, dict) else getattr(info, "rowsChanged", None)
        self.sync.edited(dat, [int(row) for row in rows] if isinstance(rows, (list, tuple)) else None)

    # Events ----------------------------------------------------------------------------------------------------------

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        self.sync = tdg_td_firestore_sync.Sync(self.ownerComp, self._bridge.submit, self.queue, self.settings, self.log)
        self.outbound = tdg_td_firestore_outbound.Outbound(
            self._accept, self.queue, self.sync, self.callbacks, self.log, self._session
        )
        return {
            "queue_loaded": self.outbound.loaded,
            "write_results": self.outbound.received,
            "documents_changed": self.sync.received,
            "listener_state": self._listener_state,
            "discovered": self.sync.discovered,
            "fetched": self._fetched,
            "documents_cached": self._documents_cached,
        }

    def _listener_state(self, event: tdg_core_firestore_inbound.ListenerState) -> None:
        former = self._listener_states.get(event.name)
        self._listener_states[event.name] = (event.state, event.reason)
        if former == (event.state, event.reason):
            return
        if event.state == tdg_core_firestore_inbound.ERROR:
            self.log.error(f"Listener {event.name}: {event.reason}")
        failing = [
            f"Listener {name}: {reason}"
            for name, (state, reason) in self._listener_states.items()
            if state == tdg_core_firestore_inbound.ERROR
        ]
        self.connection.notice = failing[0] if failing else ""
        self.connection.show()

    def _fetched(self, event: messages.Fetched) -> None:
        collection, doc_id = tdg_core_firestore_names.split_document(event.path)
        payload = None if event.payload is None else json.loads(event.payload)
        self._fire_callback("onDocFetched", collection, doc_id, payload, not event.error, event.error)

    def _documents_cached(self, event: messages.DocumentsCached) -> None:
        self.ownerComp.ext.WriteQueueExt.documents_cached(event.number)

    def _fire_callback(self, name: str, *args: Any) -> None:
        self.callbacks.call(name, *args)

    # Every frame -----------------------------------------------------------------------------------------------------

    def on_frame(self, now: float, left_s: float) -> None:
        deadline = time.perf_counter() + left_s
        if self._engine_fresh:
            self._engine_fresh = False
            self.sync.begin()
        self.sync.take_edits()
        for view, doc_id in self.sync.due_edits(now):
            self._edit_due(view, doc_id)
        self._work(deadline)
        self._show_counts()

    def _show_counts(self) -> None:
        self.status.set(queue_depth=len(self.queue), collections=len(self.sync.views))

    def _work(self, deadline: float) -> None:
        """Takes work of each kind in turn until there is none or the time is over; at least one piece."""
        kinds = (self._call_back, self._take_result, self._apply, self._open_view, self._show_queue)
        idle = 0
        while idle < len(kinds):
            kind = kinds[self._turn % len(kinds)]
            self._turn += 1
            if not kind(deadline):
                idle += 1
                continue
            idle = 0
            if time.perf_counter() >= deadline:
                return

    def _call_back(self, deadline: float) -> bool:
        changes = self.sync.changes
        if not changes:
            return False
        function = self.callbacks.find("onFirestoreChange")
        if function is None:
            changes.clear()
        while changes and function is not None:
            change = changes.popleft()
            payload = {} if change.payload is None else json.loads(change.payload)
            function(change.collection, change.doc_id, change.change_type, payload)
            if time.perf_counter() >= deadline:
                break
        return True

    def _take_result(self, _deadline: float) -> bool:
        return self.outbound.take_result()

    def _apply(self, _deadline: float) -> bool:
        # What was applied is told first: with slow callbacks the changes gather where the newest replaces the others.
        return not self.sync.changes and self.sync.apply_next()

    def _open_view(self, _deadline: float) -> bool:
        return self.sync.open_next()

    def _show_queue(self, _deadline: float) -> bool:
        return self.queue.flush()

    def _edit_due(self, view: tdg_td_firestore_view.View, doc_id: str) -> None:
        if self.settings.write_back:
            self.outbound.send_edit(view, doc_id)
        else:
            self.sync.views.due.pop((view.name, doc_id), None)

    def _drain_inbound(self, *_: Any) -> None:
        """The RefreshHook (contract A4)."""
        self._refresh()

    @property
    def _write_results(self) -> deque[messages.Result]:
        """What has become of writes and is not told yet (contract A4)."""
        return self.outbound.results

    @property
    def _inbound_queue(self) -> list[Any]:
        """What has come in and is not in the tables yet (contract A4)."""
        return self.sync.waiting()

    # Life ------------------------------------------------------------------------------------------------------------

    def pulses(self) -> dict[str, Callable[[], Any]]:
        return {**super().pulses(), "Flushdirty": self.FlushDirty, "Flushqueue": self.FlushWriteQueue}

    def make_settings(self, values: dict[str, Any]) -> tdg_core_firestore_settings.FirestoreSettings:
        key_file = tdg_td_params.absolute(str(values.get("Privatekey") or ""))
        store_file = "" if self._road is None else self._road.file(".db")
        return tdg_core_firestore_settings.make(self.ownerComp.name, values, key_file, store_file)

    def serve(self) -> tdg_bridge_thread.Serve:
        self._engine_fresh = True
        return functools.partial(
            tdg_work_firestore.serve,
            open_gateway=tdg_gateway_firestore.open_gateway,
            settings=self.settings,
            session=self._session,
        )

    def cache_folder(self, values: dict[str, Any]) -> str:
        if not values.get("Enablecache", True):
            return ""
        return tdg_td_params.absolute(str(values.get("Cachepath") or "cache"))

    def on_reset_tables(self) -> None:
        self._listener_states.clear()
        if self._running:
            self.outbound.results.clear()
            self.queue.clear()
            self.queue.clear_dead()
            self.sync.start_over()
        else:
            self.queue = tdg_td_firestore_queue.QueueTables(self.ownerComp)

    def on_settings(self, former: Any) -> None:  # noqa: ARG002
        self.sync.set_settings(self.settings)

    def _close(self) -> None:
        if self._running and self.ownerComp.valid and self.settings.write_back:
            for view, doc_id in self.sync.all_edits():  # what was typed a moment ago is not forgotten
                self.outbound.send_edit(view, doc_id)
        super()._close()

    def _before_save(self) -> None:
        super()._before_save()
        if self._running:
            self.sync.blank()
            self.queue.blank()

    def _after_save(self) -> None:
        if self._running:
            self.sync.refill()
            while self.queue.flush():
                pass
        super()._after_save()
''',
    "src/firestore/ext_write_queue.py": '''\
"""WriteQueueExt: the write queue and the document cache as users' scripts know them.

Thread: main only.
"""

import json
import threading
from pathlib import Path
from typing import Any

import tdg_core_firestore_messages
import tdg_disk_firestore_documents
import tdg_td_component

DocumentRow = tdg_disk_firestore_documents.DocumentRow
messages = tdg_core_firestore_messages
nothing = tdg_td_component.nothing
public = tdg_td_component.public


class WriteQueueExt:
    """The queue and the cache in SQLite. The engine owns the file; what is asked here counts at once.

    Args:
        ownerComp: The component.
    """

    def __init__(self, ownerComp: Any) -> None:
        self.ownerComp = ownerComp
        self.main_thread = threading.get_ident()
        self._main: Any = None
        #: What `SaveDocument` and `DeleteDocument` have asked for and the file does not hold yet.
        self._unsaved: dict[tuple[str, str], tuple[int, DocumentRow | None]] = {}
        self._number = 0

    @public(nothing)
    def Init(self, project_folder: str) -> None:
        """Opens the queue. It lies in *Cache Folder*, which is below the project's folder unless it is absolute."""
        del project_folder

    @public(str)
    def Enqueue(self, collection: str, doc_id: str, op_type: str, payload: Any) -> str:
        """Queues a write as `PushDoc` and the others do; its queue id, empty if it can never run."""
        return str(self._main.outbound.enqueue(collection, doc_id, op_type, payload))

    @public(list)
    def GetPending(self) -> list[dict[str, Any]]:
        """The queued writes, oldest first: dicts of the eight columns, `payload` as a dict."""
        return [row._asdict() | {"payload": json.loads(row.payload)} for row in self._main.queue.pending()]

    @public(nothing)
    def Remove(self, queue_id: str) -> None:
        """Takes a write out of the queue; one that is on its way may reach the server all the same."""
        self._main.outbound.remove(queue_id)

    @public(nothing)
    def RecordRetry(self, queue_id: str, error: str) -> None:
        """Counts a failure of a queued write."""
        self._main.outbound.record_retry(queue_id, str(error))

    @public(nothing)
    def Clear(self) -> None:
        """Discards all queued writes."""
        self._main.ClearWriteQueue()

    @public(int)
    def Count(self) -> int:
        """How many writes are queued."""
        return len(self._main.queue)

    @public(nothing)
    def SaveDocument(self, collection: str, doc_id: str, payload_text: str, version: str, synced_at: str) -> None:
        """Puts a document into the cache."""
        self._cache(collection, doc_id, (collection, doc_id, payload_text, version, synced_at))

    @public(nothing)
    def DeleteDocument(self, collection: str, doc_id: str) -> None:
        """Takes a document out of the cache."""
        self._cache(collection, doc_id, None)

    @public(list)
    def LoadDocuments(self) -> list[DocumentRow]:
        """The cached documents: rows of collection, doc_id, payload, version, synced_at."""
        path = self._main.settings.store_file
        found = tdg_disk_firestore_documents.read_documents(Path(path)) if path else []
        rows = {(row[0], row[1]): row for row in found}
        for key, (_, row) in self._unsaved.items():
            rows.pop(key, None)
            if row is not None:
                rows[key] = row
        return list(rows.values())

    def documents_cached(self, number: int) -> None:
        """The file holds everything that was asked for up to that number."""
        if self._main is not None and self._main.settings.store_file:
            self._unsaved = {key: entry for key, entry in self._unsaved.items() if entry[0] > number}

    def _cache(self, collection: str, doc_id: str, row: DocumentRow | None) -> None:
        self._number += 1
        self._unsaved[collection, doc_id] = (self._number, row)
        wanted = row or (collection, doc_id, None, "", "")
        self._main.cache_documents(messages.CacheDocuments(self._number, [wanted]))

    # What `public` needs ---------------------------------------------------------------------------------------------

    def _start(self) -> bool:
        self._main = self.ownerComp.ext.FirestoreExt
        return bool(self._main._start())

    def refuse(self, method: str) -> None:
        """Says that a method was called off the main thread. Any thread."""
        if self._main is not None:
            self._main.refuse(method)
''',
    "src/firestore/firestore_callbacks.py": '''\
"""Callbacks of the firestore component. Keep those you need, delete the others.

Thread: main only.

All of them run on the main thread, so keep them short. An error in one is logged as a warning and stops nothing.
"""

from typing import Any


def onFirestoreChange(collection: str, doc_id: str, change_type: str, payload: dict[str, Any]) -> None:
    """A row has changed by something else than your own write.

    Args:
        collection: path of the collection, or the name of a watched query.
        doc_id: id of the document.
        change_type: 'added', 'modified' or 'removed'.
        payload: the document as GetDoc gives it; {} when it was removed.
    """


def onWriteComplete(collection: str, doc_id: str, success: bool, error: str) -> None:
    """The server has confirmed a write, or one has failed.

    Args:
        collection: path of the collection.
        doc_id: id of the document.
        success: whether the server has confirmed it.
        error: '' or what went wrong. What can be repeated stays queued and is reported again; what the server refuses
            for good is in the table dead_letters.
    """


def onDocFetched(collection: str, doc_id: str, payload: dict[str, Any] | None, success: bool, error: str) -> None:
    """What FetchDoc has read from the server.

    Args:
        collection: path of the collection.
        doc_id: id of the document.
        payload: the document, or None if there is none.
        success: whether the server has answered.
        error: '' or what went wrong.
    """


def onConnectionStateChange(state: str, error: str) -> None:
    """The connection has changed.

    Args:
        state: 'connecting', 'connected', 'disconnected', 'error' or 'reconnecting'.
        error: '' or what went wrong and what to do.
    """
''',
    "src/firestore/firestore_cellwatch.py": '''\
"""Tells the component that a collection's table was edited; what was done to it, it finds out by itself.

Thread: main only.

This text is in a DAT beside the tables of the user's collections, which may be called like any module: so it imports
nothing.
"""


# Types would need an import.
def onTableChange(dat, prevDAT=None, info=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN201, N803
    """The table was edited, by hand, by a script or by the component itself."""
    comp = dat.parent(2)
    if comp is not None and comp.extensionsReady and comp.extensions and comp.extensions[0] is not None:
        comp.extensions[0].onTableEdited(dat, info)
''',
    "src/firestore/tdg_core_firestore_codec.py": '''\
"""Payload JSON <-> Firestore values, without loss either way.

Thread: any.

What JSON has no word for stands as a *marker*, a dict with the key `__type`:

    {"__type":"timestamp","value":"2024-01-01T00:00:00.123456789Z"}   ISO 8601, UTC if it names no offset
    {"__type":"reference","value":"users/abc"}                        of this database; else the full resource name
    {"__type":"geopoint","latitude":40.7,"longitude":-74.0}
    {"__type":"bytes","value":"<base64>"}
    {"__type":"vector","value":[1.0,2.0]}
    {"__type":"double","value":"NaN"}                                 also "Infinity" and "-Infinity"
    {"__type":"map","value":{...}}                                    a map whose own `__type` names a marker
    {"__type":"unsupported"}                                          a kind of value this version cannot show

and, for writing only (`tdg_core_firestore_codec_write`), server_timestamp, increment, array_union, array_remove and
delete_field. A map whose `__type` names no marker is a map like any other. The fields of a document itself are never
a marker, so they are not escaped either.

An integer is a JSON number without a fraction, a double one with a fraction or an exponent. Text is not escaped to
ASCII: a cell shows what a person would read.

Values are protobuf messages of `google.firestore.v1`, used by their fields alone: this module imports none of them.
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time

CloudError = tdg_core_errors.CloudError

TYPE = "__type"

TIMESTAMP = "timestamp"
REFERENCE = "reference"
GEOPOINT = "geopoint"
BYTES = "bytes"
VECTOR = "vector"
DOUBLE = "double"
MAP = "map"
UNSUPPORTED = "unsupported"

SERVER_TIMESTAMP = "server_timestamp"
INCREMENT = "increment"
ARRAY_UNION = "array_union"
ARRAY_REMOVE = "array_remove"
DELETE_FIELD = "delete_field"

#: What the server does on writing; a document read never holds one.
WRITE_ONLY = frozenset({SERVER_TIMESTAMP, INCREMENT, ARRAY_UNION, ARRAY_REMOVE, DELETE_FIELD})
MARKERS = WRITE_ONLY | {TIMESTAMP, REFERENCE, GEOPOINT, BYTES, VECTOR, DOUBLE, MAP, UNSUPPORTED}

# How a vector is stored: https://firebase.google.com/docs/firestore/vector-search
_VECTOR_KEY = "__type__"
_VECTOR_MARK = "__vector__"

_NON_FINITE = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}

_MIN_INTEGER = -(1 << 63)
_MAX_INTEGER = (1 << 63) - 1

#: The server's own limit is 20 levels; this one only keeps the call stack whole.
_MAX_DEPTH = 100

Path = tuple[str, ...]

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode


def text_of(payload: Mapping[str, Any]) -> str:
    """The payload as JSON text: one line, keys sorted, no blanks, so that equal documents give equal cells.

    Raises:
        ValueError: It holds something that JSON has no word for and no marker stands for.
    """
    return _encode(payload)


def payload_of(text: str) -> dict[str, Any]:
    """The payload in a text that a person may have typed.

    Raises:
        CloudError: `invalid` if it is no JSON or no JSON object.
    """
    try:
        payload = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise CloudError("invalid", f"The payload is no JSON ({error}); correct the text.") from None
    if not isinstance(payload, dict):
        raise CloudError("invalid", "The payload is no JSON object; write the fields in braces: {...}.")
    return payload


# Firestore -> payload -------------------------------------------------------------------------------------------------


def plain_fields(fields: Mapping[str, Any], root: str) -> dict[str, Any]:
    """The payload of a document's protobuf fields.

    Args:
        fields: The map of names to `Value` messages.
        root: `projects/<project>/databases/<database>/documents/`; references below it are given without it.
    """
    return {name: plain_value(value, root) for name, value in fields.items()}


def plain_value(value: Any, root: str) -> Any:
    """The payload of one `Value` message."""
    kind = value.WhichOneof("value_type")
    if kind is None:
        return {TYPE: UNSUPPORTED}
    if kind == "map_value":
        return _plain_map(value.map_value.fields, root)
    if kind == "array_value":
        return [plain_value(item, root) for item in value.array_value.values]
    content = getattr(value, kind)
    convert = _FROM_VALUE.get(kind)
    if convert is None:
        return {TYPE: UNSUPPORTED}
    return convert(content, root)


def _same(content: Any, _: str) -> Any:
    return content


def plain_double(number: float, _root: str = "") -> Any:
    """The number, or the marker for one that JSON has no word for."""
    if math.isfinite(number):
        return number
    return {TYPE: DOUBLE, "value": "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"}


def _plain_timestamp(moment: Any, _: str) -> Any:
    return {TYPE: TIMESTAMP, "value": tdg_core_firestore_codec_time.text_of(moment.seconds, moment.nanos)}


def _plain_geopoint(point: Any, _: str) -> Any:
    return {TYPE: GEOPOINT, "latitude": plain_double(point.latitude), "longitude": plain_double(point.longitude)}


def _plain_map(fields: Mapping[str, Any], root: str) -> dict[str, Any]:
    plain = plain_fields(fields, root)
    if _VECTOR_KEY in plain and _is_vector(fields, plain):
        return {TYPE: VECTOR, "value": plain["value"]}
    if is_marker(plain):
        return {TYPE: MAP, "value": plain}
    return plain


def _is_vector(fields: Mapping[str, Any], plain: Mapping[str, Any]) -> bool:
    if plain[_VECTOR_KEY] != _VECTOR_MARK or plain.keys() != {_VECTOR_KEY, "value"}:
        return False
    array = fields["value"]
    if array.WhichOneof("value_type") != "array_value":
        return False
    return all(item.WhichOneof("value_type") == "double_value" for item in array.array_value.values)


_FROM_VALUE: dict[str, Callable[[Any, str], Any]] = {
    "null_value": lambda _content, _root: None,
    "boolean_value": _same,
    "integer_value": _same,
    "double_value": plain_double,
    "string_value": _same,
    "timestamp_value": _plain_timestamp,
    "bytes_value": lambda content, _: {TYPE: BYTES, "value": base64.b64encode(content).decode("ascii")},
    "reference_value": lambda name, root: {TYPE: REFERENCE, "value": name.removeprefix(root)},
    "geo_point_value": _plain_geopoint,
}


def is_marker(plain: object) -> bool:
    """Whether this is a dict that stands for something else than a map."""
    if not isinstance(plain, dict):
        return False
    name = plain.get(TYPE)
    return isinstance(name, str) and name in MARKERS


def marker_of(plain: object) -> str:
    """The marker's name, or empty for everything that is none."""
    return plain[TYPE] if is_marker(plain) else ""  # type: ignore[index]


# Payload -> Firestore -------------------------------------------------------------------------------------------------


def fill_fields(fields: Any, payload: Mapping[str, Any], root: str, at: Path = ()) -> None:
    """Puts a payload into a protobuf map of names to `Value` messages.

    Args:
        fields: The map, empty.
        payload: Plain values and markers, none of them write-only.
        root: As in `plain_fields`.
        at: Where the map stands in the document, for error messages.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    for name, plain in payload.items():
        place = (*at, name)
        if not isinstance(name, str):
            raise _refusal(place, f"the name {name!r} is no text; field names are text")
        try:
            value = fields[name]
        except UnicodeError:
            raise _refusal(at, f"the name {name!r} is no valid Unicode text") from None
        fill_value(value, plain, root, place)


def fill_value(value: Any, plain: Any, root: str, at: Path = ()) -> None:
    """Puts one plain value into an empty `Value` message.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    if len(at) > _MAX_DEPTH:
        raise _refusal(at[:3], f"it is nested deeper than {_MAX_DEPTH} levels; Firestore stores 20")
    fill = _TO_VALUE.get(type(plain))
    if fill is None:
        kind = type(plain).__name__
        raise _refusal(at, f"a {kind} is nothing that Firestore stores; see docs/firestore/types.md for what is")
    fill(value, plain, root, at)


def _fill_integer(value: Any, number: int, _root: str, at: Path) -> None:
    if not _MIN_INTEGER <= number <= _MAX_INTEGER:
        raise _refusal(at, f"the integer {number} does not fit 64 bits; store it as text or as a double ({number}.0)")
    value.integer_value = number


def _fill_text(value: Any, text: str, _root: str, at: Path) -> None:
    try:
        value.string_value = text
    except UnicodeError:
        raise _refusal(at, "the text holds half a character (a lone surrogate); remove it") from None


def _fill_array(value: Any, items: Iterable[Any], root: str, at: Path) -> None:
    value.array_value.SetInParent()
    add = value.array_value.values.add
    for number, item in enumerate(items):
        fill_value(add(), item, root, (*at, str(number)))


def _fill_map(value: Any, plain: Mapping[str, Any], root: str, at: Path) -> None:
    if is_marker(plain):
        _fill_marker(value, plain, root, at)
        return
    value.map_value.SetInParent()
    fill_fields(value.map_value.fields, plain, root, at)


def _fill_null(value: Any, _plain: None, _root: str, _at: Path) -> None:
    value.null_value = 0


def _fill_boolean(value: Any, plain: bool, _root: str, _at: Path) -> None:
    value.boolean_value = plain


def _fill_double(value: Any, plain: float, _root: str, _at: Path) -> None:
    value.double_value = plain


_TO_VALUE: dict[type, Callable[[Any, Any, str, Path], None]] = {
    type(None): _fill_null,
    bool: _fill_boolean,
    int: _fill_integer,
    float: _fill_double,
    str: _fill_text,
    list: _fill_array,
    tuple: _fill_array,
    dict: _fill_map,
}


def _fill_marker(value: Any, marker: Mapping[str, Any], root: str, at: Path) -> None:
    name = marker[TYPE]
    if name in WRITE_ONLY:
        raise _refusal(at, f"{name} stands where the server cannot carry it out; it is the value of a field of its own")
    if name == UNSUPPORTED:
        raise _refusal(at, "this kind of value cannot be written by this version; change other fields with UpdateDoc")
    keys = {TYPE, "latitude", "longitude"} if name == GEOPOINT else {TYPE, "value"}
    if marker.keys() != keys:
        raise _refusal(
            at, f"a {name} marker has the keys {', '.join(sorted(keys))}; to store such a map itself, write "
            f'{{"__type":"map","value":{{...}}}}'
        )  # fmt: skip
    try:
        _FILL_MARKER[name](value, marker, root, at)
    except (TypeError, ValueError) as error:
        raise _refusal(at, f"the {name} marker is wrong: {error}") from None


def _fill_timestamp(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    seconds, nanos = tdg_core_firestore_codec_time.parse(_text(marker))
    value.timestamp_value.seconds = seconds
    value.timestamp_value.nanos = nanos


def _fill_reference(value: Any, marker: Mapping[str, Any], root: str, _at: Path) -> None:
    path = _text(marker)
    parts = path.split("/")
    # A path inside the database has an even number of parts, a full name (projects/p/databases/d/documents/...) an odd.
    full = len(parts) % 2 == 1 and len(parts) >= 7 and (parts[0], parts[2], parts[4]) == _NAME_PARTS
    if not full and (len(parts) % 2 or not all(parts)):
        raise ValueError(f"{path!r} is no path of a document such as users/abc")
    value.reference_value = path if full else root + path


_NAME_PARTS = ("projects", "databases", "documents")


def _fill_geopoint(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    value.geo_point_value.latitude = _number(marker["latitude"])
    value.geo_point_value.longitude = _number(marker["longitude"])


def _fill_bytes(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    try:
        value.bytes_value = base64.b64decode(_text(marker), validate=True)
    except binascii.Error:
        raise ValueError("its value is no base64") from None


def _fill_vector(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    items = marker["value"]
    if not isinstance(items, list):
        raise TypeError("its value is no list of numbers")
    fields = value.map_value.fields
    fields[_VECTOR_KEY].string_value = _VECTOR_MARK
    fields["value"].array_value.SetInParent()
    for item in items:
        fields["value"].array_value.values.add().double_value = _number(item)


def _fill_non_finite(value: Any, marker: Mapping[str, Any], _root: str, _at: Path) -> None:
    value.double_value = _number(marker)


def _fill_escaped(value: Any, marker: Mapping[str, Any], root: str, at: Path) -> None:
    if not isinstance(marker["value"], dict):
        raise TypeError("its value is no map")
    value.map_value.SetInParent()
    fill_fields(value.map_value.fields, marker["value"], root, at)


_FILL_MARKER: dict[str, Callable[[Any, Mapping[str, Any], str, Path], None]] = {
    TIMESTAMP: _fill_timestamp,
    REFERENCE: _fill_reference,
    GEOPOINT: _fill_geopoint,
    BYTES: _fill_bytes,
    VECTOR: _fill_vector,
    DOUBLE: _fill_non_finite,
    MAP: _fill_escaped,
}


def _text(marker: Mapping[str, Any]) -> str:
    text = marker["value"]
    if not isinstance(text, str):
        raise TypeError("its value is no text")
    return text


def _number(plain: Any) -> float:
    """A number or a double marker as a double."""
    if isinstance(plain, (int, float)) and not isinstance(plain, bool):
        try:
            return float(plain)
        except OverflowError:
            raise ValueError("its number is too large for a double") from None
    if marker_of(plain) == DOUBLE and plain.get("value") in _NON_FINITE:
        return _NON_FINITE[plain["value"]]
    raise ValueError(f"{plain!r} is no number")


def _refusal(at: Path, what: str) -> CloudError:
    where = tdg_core_firestore_codec_path.render([name if isinstance(name, str) else repr(name) for name in at])
    return CloudError("invalid", f"Field {where or '(document)'}: {what}.")
''',
    "src/firestore/tdg_core_firestore_codec_path.py": '''\
"""Field paths: `a.b` and, for names that are no identifiers, `` a.`b.c` ``.

Thread: any.

The grammar is that of https://firebase.google.com/docs/firestore/reference/rest/v1/DocumentMask.
"""

import re
from collections.abc import Sequence

_SIMPLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_QUOTED = re.compile(r"`((?:\\\\.|[^`\\\\])+)`", re.DOTALL)
_ESCAPED = re.compile(r"\\\\(.)", re.DOTALL)

FieldPath = tuple[str, ...]


def render(names: Sequence[str]) -> str:
    """The path as the server reads it; names that are no identifiers stand in backticks."""
    return ".".join(name if _SIMPLE.fullmatch(name) else _quoted(name) for name in names)


def parse(text: str) -> FieldPath:
    """The names in a path, as the keys of an update are written.

    Strict paths are read strictly. One without backticks may hold any other characters between its dots, as the
    Python client allows (`my-field.1st`).

    Raises:
        ValueError: A name is empty or a backtick has no partner.
    """
    if "`" not in text:
        names = tuple(text.split("."))
        if not all(names):
            raise ValueError(f"the field path {text!r} has an empty name")
        return names
    names = ()
    at = 0
    while True:
        match = _QUOTED.match(text, at) or _SIMPLE.match(text, at)
        if match is None:
            break
        names += (_ESCAPED.sub(r"\\1", match[1]) if match.re is _QUOTED else match[0],)
        at = match.end()
        if at == len(text):
            return names
        if text[at] != ".":
            break
        at += 1
    raise ValueError(f"the field path {text!r} is not well-formed near character {at + 1}")


def _quoted(name: str) -> str:
    return "`" + name.replace("\\\\", "\\\\\\\\").replace("`", "\\\\`") + "`"
''',
    "src/firestore/tdg_core_firestore_codec_sdk.py": '''\
"""Python values, those of Google's client included, as plain payload values.

Thread: any.

A script hands over what it has: datetimes, bytes, tuples, NumPy arrays, the client's GeoPoint or Increment. They are
told by what they look like, so Google's client need not be imported for it.
"""

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec

_MAX_DEPTH = 100

# The client's transforms, by class name: https://cloud.google.com/python/docs/reference/firestore/latest
_TRANSFORMS = {
    "Increment": codec.INCREMENT,
    "ArrayUnion": codec.ARRAY_UNION,
    "ArrayRemove": codec.ARRAY_REMOVE,
}


def serialize_payload(data: Mapping[str, Any]) -> dict[str, Any]:
    """A document's data as a payload: the fields themselves are never a marker.

    Raises:
        CloudError: As `serialize_value`.
    """
    return _fields(data, ())


def serialize_value(value: Any) -> Any:
    """A plain value: None, bool, int, float, str, lists and dicts of them, and markers for all else.

    What is plain already passes unchanged, markers included; NaN and infinities become markers.

    Raises:
        CloudError: `invalid` for what Firestore cannot store, naming the field.
    """
    return _value(value, ())


def _value(value: Any, at: tuple[str, ...]) -> Any:
    if len(at) > _MAX_DEPTH:
        raise _refusal(at[:3], f"it is nested deeper than {_MAX_DEPTH} levels or contains itself; Firestore stores 20")
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return int(value)
    if isinstance(value, float):
        return codec.plain_double(float(value))
    if isinstance(value, Mapping):
        return _fields(value, at)
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_value(item, (*at, str(number))) for number, item in enumerate(value)]
    marker = _marker(value, at)
    if marker is not None:
        return marker
    if hasattr(value, "tolist"):  # NumPy's arrays and numbers
        return _value(value.tolist(), (*at, ""))
    raise _refusal(at, f"a {type(value).__name__} is nothing that Firestore stores")


def _fields(data: Mapping[Any, Any], at: tuple[str, ...]) -> dict[str, Any]:
    for name in data:
        if not isinstance(name, str):
            raise _refusal(at, f"the key {name!r} is no text; field names are text")
    return {str(name): _value(value, (*at, name)) for name, value in data.items()}


def _marker(value: Any, at: tuple[str, ...]) -> dict[str, Any] | None:
    name = type(value).__name__
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {codec.TYPE: codec.BYTES, "value": base64.b64encode(bytes(value)).decode("ascii")}
    if isinstance(value, datetime):
        return {codec.TYPE: codec.TIMESTAMP, "value": _time_text(value)}
    if hasattr(value, "latitude") and hasattr(value, "longitude"):
        return {codec.TYPE: codec.GEOPOINT, "latitude": float(value.latitude), "longitude": float(value.longitude)}
    if name == "Sentinel":
        return _sentinel(value, at)
    if name in _TRANSFORMS:
        content = value.value if hasattr(value, "value") else list(value.values)
        return {codec.TYPE: _TRANSFORMS[name], "value": _value(content, (*at, ""))}
    if hasattr(value, "to_map_value"):
        return {codec.TYPE: codec.VECTOR, "value": [codec.plain_double(float(item)) for item in value]}
    if name in {"DocumentReference", "AsyncDocumentReference"}:
        return {codec.TYPE: codec.REFERENCE, "value": value.path}
    return None


def _sentinel(value: Any, at: tuple[str, ...]) -> dict[str, Any]:
    description = str(value)
    if "server" in description:
        return {codec.TYPE: codec.SERVER_TIMESTAMP}
    if "delete" in description:
        return {codec.TYPE: codec.DELETE_FIELD}
    raise _refusal(at, f"the sentinel {description!r} is unknown")


def _time_text(moment: datetime) -> str:
    """A time without a zone is UTC, as the client takes it; the client's own class keeps nanoseconds."""
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    delta = zoned - datetime(1970, 1, 1, tzinfo=UTC)
    nanos = getattr(moment, "nanosecond", 0) or moment.microsecond * 1000
    return tdg_core_firestore_codec_time.text_of(delta.days * 86_400 + delta.seconds, nanos)


def _refusal(at: tuple[str, ...], what: str) -> CloudError:
    where = tdg_core_firestore_codec_path.render(at)
    return CloudError("invalid", f"Field {where or '(document)'}: {what}.")
''',
    "src/firestore/tdg_core_firestore_codec_time.py": '''\
"""Times as Firestore has them, with nanoseconds: ISO 8601 text, and an integer that compares.

Thread: any.
"""

import functools
import re
from datetime import UTC, date, datetime, timedelta, timezone

_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

_TEXT = re.compile(
    r"(?P<date>\\d{4}-\\d\\d-\\d\\d)"
    r"(?:[Tt ](?P<hour>\\d\\d):(?P<minute>\\d\\d)(?::(?P<second>\\d\\d)(?:[.,](?P<fraction>\\d+))?)?)?"
    r"\\s*(?P<zone>[Zz]|[+-]\\d\\d(?::?\\d\\d)?)?"
)

#: What protobuf's Timestamp can hold: the years 1 to 9999.
_FIRST = -62_135_596_800
_LAST = 253_402_300_799


def text_of(seconds: int, nanos: int) -> str:
    """ISO 8601 in UTC with as many fraction digits as are needed: none, 3, 6 or 9.

    The same time always gives the same text.

    Raises:
        ValueError: The time lies outside the years 1 to 9999.
    """
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{seconds} seconds from 1970 lie outside the years 1 to 9999")
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3600)
    minutes, rest = divmod(rest, 60)
    if not nanos:
        fraction = ""
    elif not nanos % 1_000_000:
        fraction = f".{nanos // 1_000_000:03d}"
    elif not nanos % 1000:
        fraction = f".{nanos // 1000:06d}"
    else:
        fraction = f".{nanos:09d}"
    return f"{_day(days)}T{hours:02d}:{minutes:02d}:{rest:02d}{fraction}Z"


def text_of_nanos(nanos: int) -> str:
    """As `text_of`, for nanoseconds since 1970."""
    return text_of(*divmod(nanos, 1_000_000_000))


def parse(text: str) -> tuple[int, int]:
    """Seconds since 1970 and nanoseconds of an ISO 8601 time.

    Without an offset the time is UTC; without a time of day it is midnight. Digits beyond the nanosecond are dropped.

    Raises:
        ValueError: It is no such time, or outside the years 1 to 9999.
    """
    match = _TEXT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no ISO 8601 time")
    year, month, day = map(int, match["date"].split("-"))
    hour, minute, second = (int(match[name] or 0) for name in ("hour", "minute", "second"))
    try:
        moment = datetime(year, month, day, hour, minute, second, tzinfo=_zone(match["zone"]))
    except ValueError as error:
        raise ValueError(f"{text!r} is no ISO 8601 time: {error}") from None
    seconds = (moment - _EPOCH) // _SECOND
    if not _FIRST <= seconds <= _LAST:
        raise ValueError(f"{text!r} lies outside the years 1 to 9999")
    return seconds, int((match["fraction"] or "")[:9].ljust(9, "0"))


def nanos_of(text: str) -> int:
    """Nanoseconds since 1970, for comparing versions; 0 for text that is no time (the row was never synced)."""
    try:
        seconds, nanos = parse(text)
    except ValueError:
        return 0
    return seconds * 1_000_000_000 + nanos


@functools.lru_cache(maxsize=256)
def _day(days: int) -> str:
    return date.fromordinal(_EPOCH_DAY + days).isoformat()


def _zone(text: str | None) -> timezone:
    if text is None or text in "Zz":
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if text[0] == "-" else offset)
''',
    "src/firestore/tdg_core_firestore_codec_write.py": '''\
"""What a queued write means for the server: fields to store, which of them it touches, and what the server works out.

Thread: any.

    set         replaces the document. Keys are field names.
    set_merge   stores the given leaves and creates the document if it is missing. Keys are field names. An empty map
                is a leaf.
    update      the document must exist. Keys are field paths (`a.b`); each value replaces what is there.
    delete      no data.

Write-only markers, as the value of a field at any depth of maps, never inside an array:

    {"__type":"server_timestamp"}
    {"__type":"increment","value":1}            a number; a missing field counts as 0
    {"__type":"array_union","value":[...]}      appends what is missing
    {"__type":"array_remove","value":[...]}
    {"__type":"delete_field"}                   set_merge at any depth; update as the value of a path
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path

CloudError = tdg_core_errors.CloudError
FieldPath = tdg_core_firestore_codec_path.FieldPath
codec = tdg_core_firestore_codec

SET = "set"
SET_MERGE = "set_merge"
UPDATE = "update"
DELETE = "delete"

_VALUE_KEYS = {codec.INCREMENT, codec.ARRAY_UNION, codec.ARRAY_REMOVE}


@dataclass
class Plan:
    """One write taken apart.

    Attributes:
        fields: Payload without write-only markers.
        mask: Paths that are changed, a path without a value in `fields` is deleted; None replaces the whole document.
        transforms: (path, marker name, its value) that the server works out after storing the fields, in order.
        exists: What must be true of the document; None for nothing.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    mask: list[FieldPath] | None = None
    transforms: list[tuple[FieldPath, str, Any]] = field(default_factory=list)
    exists: bool | None = None


def plan(op: str, payload: Mapping[str, Any]) -> Plan:
    """Takes a set, set_merge or update apart.

    Raises:
        CloudError: `invalid`, naming the field.
    """
    if op == SET:
        return _plan_set(payload)
    if op == SET_MERGE:
        return _plan_merge(payload)
    if op == UPDATE:
        return _plan_update(payload)
    raise CloudError("invalid", f"Unknown write {op!r}; it is set, set_merge, update or delete.")


def _plan_set(payload: Mapping[str, Any]) -> Plan:
    found = Plan()
    found.fields = _without_markers(payload, (), found)
    return found


def _plan_merge(payload: Mapping[str, Any]) -> Plan:
    found = Plan(mask=[])
    found.fields = _merged(payload, (), found)
    return found


def _merged(payload: Mapping[str, Any], at: FieldPath, found: Plan) -> dict[str, Any]:
    """The leaves to store; each goes into the mask by its own path."""
    stored: dict[str, Any] = {}
    assert found.mask is not None
    for name, plain in payload.items():
        path = (*at, name)
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            found.mask.append(path)
        elif marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        elif isinstance(plain, dict) and plain and not marker:
            below = _merged(plain, path, found)
            if below:
                stored[name] = below
        else:
            found.mask.append(path)
            stored[name] = plain
    return stored


def _plan_update(payload: Mapping[str, Any]) -> Plan:
    found = Plan(mask=[], exists=True)
    assert found.mask is not None
    paths = _paths(payload)
    for path, plain in paths.items():
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            found.mask.append(path)
        elif marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        else:
            found.mask.append(path)
            _put(found.fields, path, _stored(plain, path, found))
    return found


def _paths(payload: Mapping[str, Any]) -> dict[FieldPath, Any]:
    """The data of an update by field path; no path may lie within another."""
    paths: dict[FieldPath, Any] = {}
    for key, plain in payload.items():
        try:
            path = tdg_core_firestore_codec_path.parse(key)
        except ValueError as error:
            raise CloudError("invalid", f"Update refused: {error}; quote odd names with backticks.") from None
        if path in paths:
            raise CloudError("invalid", f"Update refused: {key!r} is named twice; keep one of them.")
        paths[path] = plain
    for path in paths:
        for length in range(1, len(path)):
            if path[:length] in paths:
                outer, inner = (tdg_core_firestore_codec_path.render(p) for p in (path[:length], path))
                raise CloudError("invalid", f"Update refused: {inner} lies within {outer}; give only one of them.")
    return paths


def _put(fields: dict[str, Any], path: FieldPath, plain: Any) -> None:
    for name in path[:-1]:
        fields = fields.setdefault(name, {})
    fields[path[-1]] = plain


def _stored(plain: Any, at: FieldPath, found: Plan) -> Any:
    """The value without the write-only markers in its maps, which become transforms."""
    if not isinstance(plain, dict) or codec.is_marker(plain):
        return plain
    return _without_markers(plain, at, found)


def _without_markers(payload: Mapping[str, Any], at: FieldPath, found: Plan) -> dict[str, Any]:
    stored: dict[str, Any] = {}
    for name, plain in payload.items():
        path = (*at, name)
        marker = codec.marker_of(plain)
        if marker == codec.DELETE_FIELD:
            where = tdg_core_firestore_codec_path.render(path)
            raise CloudError(
                "invalid",
                f"Field {where}: delete_field means nothing where the whole is replaced; leave the field out, or use "
                f'UpdateDoc with the key "{where}".',
            )
        if marker in codec.WRITE_ONLY:
            found.transforms.append(_transform(path, plain))
        else:
            stored[name] = _stored(plain, path, found)
    return stored


def _transform(path: FieldPath, marker: Mapping[str, Any]) -> tuple[FieldPath, str, Any]:
    name = marker[codec.TYPE]
    keys = {codec.TYPE, "value"} if name in _VALUE_KEYS else {codec.TYPE}
    value = marker.get("value")
    where = tdg_core_firestore_codec_path.render(path)
    if marker.keys() != keys:
        raise CloudError("invalid", f"Field {where}: a {name} marker has the keys {', '.join(sorted(keys))}.")
    if name == codec.INCREMENT and not _is_number(value):
        raise CloudError("invalid", f"Field {where}: increment takes a number, not {value!r}.")
    if name in {codec.ARRAY_UNION, codec.ARRAY_REMOVE} and not isinstance(value, list):
        raise CloudError("invalid", f"Field {where}: {name} takes a list, not {value!r}.")
    return path, name, value


def _is_number(value: object) -> bool:
    if isinstance(value, bool):
        return False
    return isinstance(value, (int, float)) or codec.marker_of(value) == codec.DOUBLE
''',
    "src/firestore/tdg_core_firestore_estimate.py": '''\
"""What a document will look like once a queued write has reached the server.

Thread: any.

The same rules as the server's, on payloads instead of protobuf values. Transforms are estimated (a server timestamp is
the local time) until the server's own answer replaces the estimate.
"""

from collections.abc import Mapping
from typing import Any

import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_writes as writes

Payload = dict[str, Any]


def applied(op_type: str, base: Payload | None, data: Payload, now: str) -> Payload | None:
    """The payload after that write; None when there is no document then.

    Args:
        op_type: One of the documented four.
        base: The payload before; None when there is no document.
        data: The write's payload.
        now: What a server timestamp is estimated with, ISO 8601.
    """
    if op_type == writes.DELETE:
        return None
    if op_type == writes.SET:
        return _resolved(data, now)
    if op_type == writes.SET_MERGE:
        return _merged(base or {}, data, now)
    if base is None:
        return None  # an update of nothing is refused
    result = dict(base)
    for name, value in data.items():
        result = _put(result, _path(name), value, now)
    return result


def has_transforms(text: str) -> bool:
    """Whether a payload text may hold write-only markers; a quick look that may err towards True."""
    return any(f'"{name}"' in text for name in codec.WRITE_ONLY)


def _path(name: str) -> tuple[str, ...]:
    try:
        return tdg_core_firestore_codec_path.parse(name)
    except ValueError:  # the server will refuse it
        return (name,)


def _resolved(data: Mapping[str, Any], now: str) -> Payload:
    """A whole map with its markers carried out on nothing."""
    result: Payload = {}
    for name, value in data.items():
        _assign(result, name, value, now)
    return result


def _merged(base: Mapping[str, Any], data: Mapping[str, Any], now: str) -> Payload:
    """Maps are merged all the way down, everything else replaces; an empty map replaces, too."""
    result = dict(base)
    for name, value in data.items():
        former = result.get(name)
        if isinstance(value, dict) and value and not codec.is_marker(value):
            nested = former if isinstance(former, dict) and not codec.is_marker(former) else {}
            result[name] = _merged(nested, value, now)
        else:
            _assign(result, name, value, now)
    return result


def _put(base: Payload, path: tuple[str, ...], value: Any, now: str) -> Payload:
    result = dict(base)
    name, rest = path[0], path[1:]
    if not rest:
        _assign(result, name, value, now)
        return result
    nested = result.get(name)
    result[name] = _put(nested if isinstance(nested, dict) and not codec.is_marker(nested) else {}, rest, value, now)
    return result


def _assign(result: Payload, name: str, value: Any, now: str) -> None:
    """Puts a value or the effect of a marker on what is there under that name."""
    marker = codec.marker_of(value)
    former = result.get(name)
    if marker == codec.DELETE_FIELD:
        result.pop(name, None)
    elif marker == codec.SERVER_TIMESTAMP:
        result[name] = {codec.TYPE: codec.TIMESTAMP, "value": now}
    elif marker == codec.INCREMENT:
        result[name] = _sum(former, value.get("value"))
    elif marker == codec.ARRAY_UNION:
        items = list(former) if isinstance(former, list) else []
        result[name] = items + [item for item in _items(value) if item not in items]
    elif marker == codec.ARRAY_REMOVE:
        items = list(former) if isinstance(former, list) else []
        result[name] = [item for item in items if item not in _items(value)]
    elif isinstance(value, dict) and not marker:
        result[name] = _resolved(value, now)
    else:
        result[name] = value


def _items(marker: Mapping[str, Any]) -> list[Any]:
    items = marker.get("value")
    return items if isinstance(items, list) else []


def _sum(former: Any, operand: Any) -> Any:
    numbers = (int, float)
    if not isinstance(former, numbers) or isinstance(former, bool) or not isinstance(operand, numbers):
        return operand
    return former + operand
''',
    "src/firestore/tdg_core_firestore_filters.py": '''\
"""Which documents and which fields of them are let in.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self, TypeVar

INCLUDE = "include"
EXCLUDE = "exclude"

V = TypeVar("V")


@dataclass(frozen=True)
class Filters:
    """The four filter parameters of the Sync page. An empty list of names filters nothing.

    Attributes:
        documents: Document ids.
        documents_mode: `include`: only those; `exclude`: all but those.
        fields: Names of fields at the top of a document.
        fields_mode: As above.
    """

    documents: frozenset[str] = frozenset()
    documents_mode: str = INCLUDE
    fields: frozenset[str] = frozenset()
    fields_mode: str = EXCLUDE

    @classmethod
    def of(cls, documents: list[str], documents_mode: str, fields: list[str], fields_mode: str) -> Self:
        """From plain lists, as settings hold them."""
        return cls(frozenset(documents), documents_mode, frozenset(fields), fields_mode)

    def admits(self, doc_id: str) -> bool:
        """Whether the document is let in."""
        return not self.documents or (doc_id in self.documents) == (self.documents_mode == INCLUDE)

    def shown(self, fields: Mapping[str, V]) -> dict[str, V]:
        """The fields that are let in."""
        if not self.fields:
            return dict(fields)
        wanted = self.fields_mode == INCLUDE
        return {name: value for name, value in fields.items() if (name in self.fields) == wanted}

    @property
    def hides_fields(self) -> bool:
        """Whether a payload may lack fields that the document has: it must never be sent as a full `set`."""
        return bool(self.fields)

    @property
    def fingerprint(self) -> str:
        """Differs whenever the same documents could show other rows or payloads; stored beside what was cached."""
        parts = (
            (self.documents_mode if self.documents else "", *sorted(self.documents)),
            (self.fields_mode if self.fields else "", *sorted(self.fields)),
        )
        return repr(parts)


def patch_of(shown: Mapping[str, Any], edited: Mapping[str, Any]) -> tuple[dict[str, Any], list[str]]:
    """What an edit of a filtered payload changed: (fields changed or added, names of fields removed)."""
    changed = {name: value for name, value in edited.items() if name not in shown or not _same(shown[name], value)}
    return changed, [name for name in shown if name not in edited]


def _same(former: Any, value: Any) -> bool:
    """Equal in kind, too: 1, 1.0 and True are three values to Firestore, and so are 0.0 and -0.0."""
    if type(former) is not type(value):
        return False
    if isinstance(former, dict):
        return former.keys() == value.keys() and all(_same(former[name], value[name]) for name in former)
    if isinstance(former, list):
        return len(former) == len(value) and all(map(_same, former, value))
    return repr(former) == repr(value) if isinstance(former, float) else bool(former == value)
''',
    "src/firestore/tdg_core_firestore_inbound.py": '''\
"""What crosses the firestore component's bridge for listening.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tdg_core_messages

Message = tdg_core_messages.Message
register = tdg_core_messages.register

#: Kinds of change, as `onFirestoreChange` gets them.
ADDED = "added"
MODIFIED = "modified"
REMOVED = "removed"

#: States of a listener: its first documents are on their way; it is up to date; the server is out of reach or asked for
#: again, what is shown may be old; the server refuses it, it is asked again now and then.
LOADING = "loading"
LIVE = "live"
RECONNECTING = "reconnecting"
ERROR = "error"


class Change(NamedTuple):
    """One document of a snapshot.

    Attributes:
        doc_id: Its id within the listener's collection.
        change_type: ADDED, MODIFIED or REMOVED.
        payload: JSON text; None on removal.
        version: Update time; on removal the time at which the document was known to be gone. ISO 8601, to be compared
            as times.
    """

    doc_id: str
    change_type: str
    payload: str | None
    version: str


def merged(former: Change, newer: Change) -> Change:
    """One change for two in a row that nobody has seen yet: what it is for someone who saw neither."""
    if newer.change_type == MODIFIED and former.change_type == ADDED:
        return newer._replace(change_type=ADDED)
    if newer.change_type == ADDED and former.change_type == REMOVED:
        return newer._replace(change_type=MODIFIED)
    return newer


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Watch(Message):
    """Listen; the same again changes nothing, another spec under a name replaces the former.

    Attributes:
        name: What changes and states are told under: the collection's path or the user's name of a query.
        spec: `tdg_core_firestore_watch_spec.Spec.as_plain()`.
        known: Ids of the documents that the table shows: those that do not exist any more are reported as removed.
    """

    kind: ClassVar[str] = "watch"
    name: str
    spec: Mapping[str, Any]
    known: list[str]


@register
@dataclass(frozen=True)
class Unwatch(Message):
    """Stop listening."""

    kind: ClassVar[str] = "unwatch"
    name: str


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class DocumentsChanged(Message):
    """Changes of a listener, each a `Change` or the list of its fields; of one document only the newest that waited."""

    kind: ClassVar[str] = "documents_changed"
    name: str
    changes: list[Any]


@register
@dataclass(frozen=True)
class ListenerState(Message):
    """How a listener is doing; `reason` is a sentence where it is not doing well."""

    kind: ClassVar[str] = "listener_state"
    name: str
    state: str
    reason: str
''',
    "src/firestore/tdg_core_firestore_messages.py": '''\
"""What crosses the firestore component's bridge for writing, discovery and the cache.

Thread: any.

Requests marked *accepted* go through the journal, so that they survive a crash and keep their order among each other.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import tdg_core_messages

Message = tdg_core_messages.Message
register = tdg_core_messages.register

#: How a write ended, or did not yet end (`Result.outcome`).
CONFIRMED = "confirmed"
FAILED = "failed"
DEAD = "dead"
SUPERSEDED = "superseded"
DISCARDED = "discarded"


class Write(NamedTuple):
    """One write as it is asked for; the first six fields are the documented ones of the queue.

    Attributes:
        payload: Canonical JSON text; `{}` for a delete.
        batch: Name of the atomic batch it belongs to, or empty.
    """

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    batch: str = ""


class QueueRow(NamedTuple):
    """The documented columns of `write_queue`; with `failed_at` those of `dead_letters`."""

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    retry_count: int = 0
    last_error: str = ""
    failed_at: str = ""


class Result(NamedTuple):
    """What became of one queued write.

    Attributes:
        outcome: CONFIRMED; FAILED, it will be tried again; DEAD, it is a dead letter now; SUPERSEDED by a newer full
            set of the same document, which tells the result of both; DISCARDED by the user.
        version: Update time that the server has given the document; empty unless confirmed.
        error: Empty when confirmed.
        covers: So many superseded writes ended with this one.
        failed_at: When it became a dead letter.
    """

    queue_id: str
    collection: str
    doc_id: str
    outcome: str
    version: str = ""
    error: str = ""
    retry_count: int = 0
    covers: int = 0
    failed_at: str = ""


# Requests -------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class Writes(Message):
    """Accepted: writes to queue, in order; each is a `Write` or the list of its fields.

    `session` names the run of the component that asked: of writes that a former run has left in the journal the main
    thread is told by `QueueLoaded`.
    """

    kind: ClassVar[str] = "writes"
    items: list[Any]
    session: str


@register
@dataclass(frozen=True)
class ClearQueue(Message):
    """Accepted: discard every queued write."""

    kind: ClassVar[str] = "clear_queue"


@register
@dataclass(frozen=True)
class RemoveQueued(Message):
    """Accepted: discard these queued writes without a word."""

    kind: ClassVar[str] = "remove_queued"
    queue_ids: list[str]


@register
@dataclass(frozen=True)
class RecordRetry(Message):
    """Accepted: count a failure of a queued write."""

    kind: ClassVar[str] = "record_retry"
    queue_id: str
    error: str


@register
@dataclass(frozen=True)
class RetryDead(Message):
    """Accepted: put these dead letters at the end of the queue again."""

    kind: ClassVar[str] = "retry_dead"
    queue_ids: list[str]


@register
@dataclass(frozen=True)
class ClearDead(Message):
    """Accepted: forget these dead letters."""

    kind: ClassVar[str] = "clear_dead"
    queue_ids: list[str]


@register
@dataclass(frozen=True)
class FlushQueue(Message):
    """Try all queued writes now instead of when their wait is over."""

    kind: ClassVar[str] = "flush_queue"


@register
@dataclass(frozen=True)
class Discover(Message):
    """List the top-level collections, now and every half minute; answered by `Discovered`. `on` False ends it."""

    kind: ClassVar[str] = "discover"
    on: bool


@register
@dataclass(frozen=True)
class Hydrate(Message):
    """Tell what the cache holds of a collection, as `DocumentsChanged` under that name; a `Watch` waits until then.

    With `doc_id` only that document.
    """

    kind: ClassVar[str] = "hydrate"
    name: str
    collection: str
    doc_id: str


@register
@dataclass(frozen=True)
class Fetch(Message):
    """Read one document from the server; answered by `Fetched`."""

    kind: ClassVar[str] = "fetch"
    path: str


@register
@dataclass(frozen=True)
class CacheDocuments(Message):
    """Put documents into the cache (rows of collection, doc_id, payload, version, synced_at; payload None removes).

    Answered by `DocumentsCached` with the same number.
    """

    kind: ClassVar[str] = "cache_documents"
    number: int
    rows: list[Any]


# Events ---------------------------------------------------------------------------------------------------------------


@register
@dataclass(frozen=True)
class QueueLoaded(Message):
    """Rows that were in the queue (`dead` False) or among the dead letters (True) when the engine started."""

    kind: ClassVar[str] = "queue_loaded"
    dead: bool
    rows: list[Any]


@register
@dataclass(frozen=True)
class WriteResults(Message):
    """What became of queued writes, each a `Result` or the list of its fields."""

    kind: ClassVar[str] = "write_results"
    items: list[Any]


@register
@dataclass(frozen=True)
class Discovered(Message):
    """The collections there are, from the server or, before it has answered, from the cache."""

    kind: ClassVar[str] = "discovered"
    collections: list[str]
    cached: bool


@register
@dataclass(frozen=True)
class Fetched(Message):
    """A document as the server has it; `payload` None when there is none."""

    kind: ClassVar[str] = "fetched"
    path: str
    payload: str | None
    version: str
    error: str


@register
@dataclass(frozen=True)
class DocumentsCached(Message):
    """The cache holds everything up to that number."""

    kind: ClassVar[str] = "documents_cached"
    number: int
''',
    "src/firestore/tdg_core_firestore_names.py": '''\
"""Names: collection paths, document ids, resource names, and names of operators.

Thread: any.

Limits from https://firebase.google.com/docs/firestore/quotas: an id has at most 1500 bytes, is not `.` or `..`, holds
no slash and is not `__...__`.
"""

import hashlib
import re
from collections.abc import Iterable

DEFAULT_DATABASE = "(default)"

_MAX_ID_BYTES = 1500
_RESERVED = re.compile(r"__.*__", re.DOTALL)
# Ids that Datastore gave: https://cloud.google.com/firestore/docs/reference/rest/v1/projects.databases.documents
_NUMERIC = re.compile(r"__id-?\\d+__")

#: A longer operator name is hard to read and slow to type; the rest is told by the index table.
_MAX_OPERATOR = 60

_WORD = re.compile(r'"((?:[^"]|"")*)"(?=\\s|$)|(\\S+)')


def split_names(text: str) -> list[str]:
    """The names in a space-separated parameter, each once, in order.

    A name with blanks in it stands in double quotes; a double quote inside those is doubled.
    """
    found = (quoted.replace('""', '"') or plain for quoted, plain in _WORD.findall(text))
    return list(dict.fromkeys(name for name in found if name))


def problem_of_id(text: object) -> str:
    """What makes this no document or collection id; empty when it is one."""
    if not isinstance(text, str) or not text:
        return "an id is a text that is not empty"
    if "/" in text:
        return f"the id {text!r} holds a slash"
    if text in {".", ".."}:
        return f"{text!r} is no id"
    if _RESERVED.fullmatch(text) and not _NUMERIC.fullmatch(text):
        return f"the id {text!r} is reserved: it begins and ends with two underscores"
    try:
        size = len(text.encode())
    except UnicodeEncodeError:
        return f"the id {text!r} is no valid Unicode text"
    return (
        f"the id {text[:40]!r}... has {size} bytes; at most {_MAX_ID_BYTES} are allowed" if size > _MAX_ID_BYTES else ""
    )


def normal_path(text: str) -> str:
    """A path as it is stored: without slashes at its ends."""
    return text.strip().strip("/")


def problem_of_collection(path: object) -> str:
    """What makes this no path of a collection (`users`, `users/u1/items`); empty when it is one."""
    return _problem_of_path(path, 1, "a collection has an odd number of parts, such as users or users/u1/items")


def problem_of_document(path: object) -> str:
    """What makes this no path of a document (`users/u1`); empty when it is one."""
    return _problem_of_path(path, 0, "a document has an even number of parts, such as users/u1")


def _problem_of_path(path: object, odd: int, rule: str) -> str:
    if not isinstance(path, str) or not path:
        return f"a path is a text that is not empty; {rule}"
    parts = path.split("/")
    problem = next(filter(None, map(problem_of_id, parts)), "")
    if problem:
        return f"the path {path!r} is wrong: {problem}"
    return "" if len(parts) % 2 == odd else f"the path {path!r} is wrong: {rule}"


def split_document(path: str) -> tuple[str, str]:
    """Collection path and document id of a document path."""
    collection, _, doc_id = path.rpartition("/")
    return collection, doc_id


def database_name(project_id: str, database_id: str) -> str:
    """Resource name of a database; an empty id means the default one."""
    return f"projects/{project_id}/databases/{database_id or DEFAULT_DATABASE}"


def documents_root(database: str) -> str:
    """What the resource name of every document of a database begins with, the slash included."""
    return f"{database}/documents/"


def operator_name(path: str, used: Iterable[str]) -> str:
    """A legal operator name for a collection path that is none of those in use, whatever their case.

    A path that is a legal name keeps it if it can. Others get one that reads alike, with digits of the path's hash
    behind it where two would clash, so that the same path mostly gets the same name again.
    """
    taken = {name.casefold() for name in used}
    name = legal_operator_name(path)
    digest = hashlib.sha256(path.encode()).hexdigest()
    length = 8
    while name.casefold() in taken:
        name = f"{legal_operator_name(path)[: _MAX_OPERATOR - 9]}_{digest[:length]}"
        length += 8
    return name


def legal_operator_name(text: str) -> str:
    """The text as an operator name: letters, digits and underscores, no digit in front."""
    name = re.sub(r"[^A-Za-z0-9_]+", "_", text)[:_MAX_OPERATOR]
    return name if name[:1].isalpha() else f"c_{name.lstrip('_')}" if name.strip("_") else "c"
''',
    "src/firestore/tdg_core_firestore_rows.py": '''\
"""What the local tables show of a collection: the server's documents with what is not confirmed yet laid over them.

Thread: any.

A document without local changes is known to its table alone. One with queued writes, or with text typed by hand that
is not sent yet, is kept here with the server's version underneath, so that a refusal can restore it. Versions are
update times; they are compared as times.
"""

from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import tdg_core_firestore_codec as codec
import tdg_core_firestore_codec_time
import tdg_core_firestore_estimate
import tdg_core_firestore_writes as writes

#: Deletions of ours that are remembered, so that an older snapshot does not bring the document back.
_REMEMBERED_DELETIONS = 10_000
#: With more queued writes to one document than this, its row is not worked out anew for every answer, so that an answer
#: never costs a frame; the row is exact again when fewer are left.
_MOST_REPLAYED = 200


class Shown(NamedTuple):
    """What a table shows of a document.

    Attributes:
        payload: JSON text, or None when there is no row.
        version: Update time of what the server has, or empty.
        dirty: Something of it is not confirmed by the server.
    """

    payload: str | None
    version: str = ""
    dirty: bool = False


ABSENT = Shown(None)


class Pending(NamedTuple):
    """A queued write."""

    queue_id: str
    op_type: str
    payload: str
    #: When it was queued; estimates server timestamps.
    queued_at: str


@dataclass(slots=True)
class _Local:
    """A document with local changes."""

    #: The server's payload as far as it is known, and its version.
    base: str | None
    version: str
    #: The payload after all queued writes.
    top: str | None
    #: The base is our own idea of a confirmed write's effect; several writes of one commit have the same version.
    estimated: bool = False
    pending: deque[Pending] = field(default_factory=deque)
    #: Text typed by hand that is not sent yet.
    edit: str | None = None
    #: The payload that was shown when the typing began; None when there was no such row.
    edited_from: str | None = None


class Documents:
    """The local side of one collection.

    Args:
        visible: Makes of a payload what the filters leave of it; None when nothing is hidden.
        partial: It shows a query: a document that is gone from it may still be there.
    """

    def __init__(
        self, visible: Callable[[dict[str, Any]], dict[str, Any]] | None = None, partial: bool = False
    ) -> None:
        self.visible = visible
        self._partial = partial
        self._local: dict[str, _Local] = {}
        self._deleted: OrderedDict[str, str] = OrderedDict()

    def remote(self, doc_id: str, shown: Shown, payload: str | None, version: str) -> Shown:
        """The server's document has changed; None for one that is gone. Returns what is to be shown now.

        What is older than what is known is ignored. The same version counts: our own estimate of a write has the
        version of the real thing.
        """
        local = self._local.get(doc_id)
        known = local.version if local is not None else shown.version
        if known and _older(version, known):
            return shown
        deleted = self._deleted.get(doc_id)
        if deleted is not None:
            if payload is not None and not _older(deleted, version):
                return shown
            del self._deleted[doc_id]
        if local is None:
            return Shown(payload, version if payload is not None else "")
        if payload is None and self._partial and local.edit is None:
            del self._local[doc_id]
            return ABSENT
        local.base = payload
        local.version = version if payload is not None else ""
        local.estimated = False
        self._replay(local)
        return _show(local)

    def write(self, doc_id: str, shown: Shown, pending: Pending) -> Shown:
        """A write was queued."""
        local = self._track(doc_id, shown)
        local.pending.append(pending)
        local.top = self._after(local.top, pending)
        self._deleted.pop(doc_id, None)
        return _show(local)

    def confirm(self, doc_id: str, shown: Shown, queue_id: str, version: str) -> Shown:
        """The server has carried out that write and all of ours before it, and gave the document that version."""
        local = self._local.get(doc_id)
        place = _place(local, queue_id)
        if local is None or place is None:
            return shown
        settled = [local.pending.popleft() for _ in range(place + 1)]
        if _older(version, local.version) or (version == local.version and not local.estimated):
            self._replay(local)  # a snapshot has brought the truth already
            return self._settled(doc_id, local)
        # Until a snapshot with this version brings the truth, our own estimate is taken for it: the row stays.
        base = local.base
        for pending in settled:
            base = self._after(base, pending)
        local.base = base
        local.version = version if base is not None else ""
        local.estimated = True
        if base is None and version:
            self._remember_deletion(doc_id, version)
        return self._settled(doc_id, local)

    def drop(self, doc_id: str, shown: Shown, queue_id: str) -> Shown:
        """That write will never reach the server: refused, discarded or superseded."""
        local = self._local.get(doc_id)
        place = _place(local, queue_id)
        if local is None or place is None:
            return shown
        del local.pending[place]
        self._replay(local)
        return self._settled(doc_id, local)

    def edit(self, doc_id: str, shown: Shown, text: str) -> Shown:
        """Somebody has typed that text into the payload cell."""
        local = self._track(doc_id, shown)
        if local.edit is None:
            local.edited_from = shown.payload
        local.edit = text
        if text == local.edited_from:  # typed back
            local.edit = local.edited_from = None
            return self._settled(doc_id, local)
        return _show(local)

    def unsent(self, doc_id: str) -> tuple[str, str | None] | None:
        """The text typed by hand and the payload that was shown before; None when nothing is unsent."""
        local = self._local.get(doc_id)
        if local is None or local.edit is None:
            return None
        return local.edit, local.edited_from

    def sent(self, doc_id: str) -> None:
        """The typed text is about to be queued as a write: it is no edit any more."""
        local = self._local.get(doc_id)
        if local is not None:
            local.edit = local.edited_from = None

    def undo_edit(self, doc_id: str, shown: Shown) -> Shown:
        """The typed text is given up."""
        local = self._local.get(doc_id)
        if local is None:
            return shown
        local.edit = local.edited_from = None
        return self._settled(doc_id, local)

    def unsent_ids(self) -> list[str]:
        """Documents with typed text that is not sent."""
        return [doc_id for doc_id, local in self._local.items() if local.edit is not None]

    def pending_ids(self) -> list[str]:
        """Documents with queued writes."""
        return [doc_id for doc_id, local in self._local.items() if local.pending]

    def forget_writes(self) -> dict[str, Shown]:
        """No write is queued any more; returns what is to be shown of the documents that had some."""
        changed = {}
        for doc_id in self.pending_ids():
            local = self._local[doc_id]
            local.pending.clear()
            self._replay(local)
            changed[doc_id] = self._settled(doc_id, local)
        return changed

    def shown(self, doc_id: str) -> Shown | None:
        """What is to be shown of a document with local changes; None for one without."""
        local = self._local.get(doc_id)
        return None if local is None else _show(local)

    def __bool__(self) -> bool:
        return bool(self._local)

    # -------------------------------------------------------------------------------------------------------------

    def _track(self, doc_id: str, shown: Shown) -> _Local:
        local = self._local.get(doc_id)
        if local is None:
            local = self._local[doc_id] = _Local(shown.payload, shown.version, shown.payload)
        return local

    def _settled(self, doc_id: str, local: _Local) -> Shown:
        if not local.pending and local.edit is None:
            del self._local[doc_id]
        return _show(local)

    def _replay(self, local: _Local) -> None:
        """Works the row out anew, from the last write on that does not ask what was there."""
        if len(local.pending) > _MOST_REPLAYED:
            return
        payload, rest = local.base, list(local.pending)
        for number in range(len(rest) - 1, 0, -1):
            if rest[number].op_type in {writes.SET, writes.DELETE}:
                rest = rest[number:]
                break
        for pending in rest:
            payload = self._after(payload, pending)
        local.top = payload

    def _after(self, base: str | None, pending: Pending) -> str | None:
        """The payload text after that write."""
        if pending.op_type == writes.DELETE:
            return None
        simple = self.visible is None and not tdg_core_firestore_estimate.has_transforms(pending.payload)
        if pending.op_type == writes.SET and simple:
            return pending.payload
        former = None if base is None else codec.payload_of(base)
        data = codec.payload_of(pending.payload)
        payload = tdg_core_firestore_estimate.applied(pending.op_type, former, data, pending.queued_at)
        if payload is None:
            return None
        return codec.text_of(payload if self.visible is None else self.visible(payload))

    def _remember_deletion(self, doc_id: str, version: str) -> None:
        self._deleted[doc_id] = version
        self._deleted.move_to_end(doc_id)
        if len(self._deleted) > _REMEMBERED_DELETIONS:
            self._deleted.popitem(last=False)


def _show(local: _Local) -> Shown:
    if local.edit is not None:
        return Shown(local.edit, local.version, dirty=True)
    return Shown(local.top, local.version, dirty=bool(local.pending))


def _place(local: _Local | None, queue_id: str) -> int | None:
    if local is None:
        return None
    return next((place for place, pending in enumerate(local.pending) if pending.queue_id == queue_id), None)


def _older(version: str, other: str) -> bool:
    """Whether that version is older; an empty one is older than any."""
    if version == other:
        return False
    if len(version) == len(other) and version[-1:] == other[-1:] == "Z":
        return version < other
    nanos = tdg_core_firestore_codec_time.nanos_of
    return nanos(version) < nanos(other)
''',
    "src/firestore/tdg_core_firestore_settings.py": '''\
"""The firestore component's parameters as checked settings.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_settings

#: Names of the parameters that these settings are made of, beside those of every component.
PARAMETERS = (
    "Databaseid",
    "Enablelistener",
    "Enablewriteback",
    "Collections",
    "Filterdocs",
    "Filterdocsmode",
    "Filterfields",
    "Filterfieldsmode",
    "Expandfields",
    "Enablecache",
    "Cachepath",
    "Cachehydrate",
)

#: What stands for "all top-level collections" in *Collections*.
ALL = "*"

_LISTS = ("collections", "filter_docs", "filter_fields", "expand_fields")


@dataclass(frozen=True)
class FirestoreSettings(tdg_core_settings.Settings):
    """What the firestore component is set to."""

    listen: bool = True
    write_back: bool = True
    #: Collection paths as typed.
    collections: tuple[str, ...] = ()
    filter_docs: tuple[str, ...] = ()
    filter_docs_mode: str = "include"
    filter_fields: tuple[str, ...] = ()
    filter_fields_mode: str = "exclude"
    expand_fields: tuple[str, ...] = ()
    hydrate: bool = True

    @property
    def discovers(self) -> bool:
        """Whether the collections to watch are looked up on the server."""
        return not self.collections or ALL in self.collections

    @property
    def filters(self) -> tdg_core_firestore_filters.Filters:
        """The four filter parameters."""
        return tdg_core_firestore_filters.Filters.of(
            list(self.filter_docs), self.filter_docs_mode, list(self.filter_fields), self.filter_fields_mode
        )

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """As the base class; lists that went through JSON become tuples again."""
        return super().from_plain({**plain, **{name: tuple(plain[name]) for name in _LISTS if name in plain}})


def make(component: str, values: Mapping[str, Any], key_file: str, store_file: str) -> FirestoreSettings:
    """Settings from parameter values.

    Args:
        component: The component's name.
        values: Evaluated parameters by name; a missing one counts as its default.
        key_file: *Private Key File* as an absolute path.
        store_file: Path of the engine's SQLite file; empty without a cache.
    """
    text = tdg_core_settings.text
    return FirestoreSettings(
        component=component,
        private_key_file=key_file,
        emulator_host=text(values, "Emulatorhost"),
        use_adc=bool(values.get("Useadc", False)),
        target=text(values, "Databaseid") or "(default)",
        store_file=store_file,
        listen=bool(values.get("Enablelistener", True)),
        write_back=bool(values.get("Enablewriteback", True)),
        collections=_words(values, "Collections"),
        filter_docs=_words(values, "Filterdocs"),
        filter_docs_mode=_mode(values, "Filterdocsmode", "include"),
        filter_fields=_words(values, "Filterfields"),
        filter_fields_mode=_mode(values, "Filterfieldsmode", "exclude"),
        expand_fields=_words(values, "Expandfields"),
        hydrate=bool(values.get("Cachehydrate", True)),
    )


def _words(values: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(tdg_core_firestore_names.split_names(tdg_core_settings.text(values, name)))


def _mode(values: Mapping[str, Any], name: str, usual: str) -> str:
    mode = tdg_core_settings.text(values, name)
    return mode if mode in {"include", "exclude"} else usual
''',
    "src/firestore/tdg_core_firestore_watch.py": '''\
"""One listen target as a state machine: what the server says goes in, consistent sets of changes come out.

Thread: any.

Only ids and versions are kept; a change costs the same however many documents there are. What the server tells is held
back until it says that it is consistent (a read time for the whole stream), so nothing half is ever shown, and a stream
that breaks in between leaves no trace: it is taken up again from the last consistent state.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import tdg_core_firestore_codec_time
import tdg_core_firestore_inbound
import tdg_core_firestore_watch_events

events = tdg_core_firestore_watch_events
Change = tdg_core_firestore_inbound.Change
inbound = tdg_core_firestore_inbound


class Target:
    """What is known of one listener's documents.

    Args:
        known: Ids of the documents that are shown already (a cached table). The first complete set is compared with
            them: what is missing there is removed. All that is in it is reported as added.
    """

    def __init__(self, known: Iterable[str] = ()) -> None:
        #: Documents that are shown, with their version; 0 where it does not count.
        self._shown: dict[str, int] = dict.fromkeys(known, 0)
        #: Documents that the server counts and the filters keep out.
        self._hidden: set[str] = set()
        #: Told since the last consistent state; None for a document that is gone.
        self._pending: dict[str, events.DocumentChange | None] = {}
        #: Whether what is told is a complete set, not changes to the last one.
        self._whole = True
        self._introduced = False
        #: A consistent state was told on the present stream.
        self._settled = False
        #: The server has told everything up to now.
        self._current = False
        self._token = b""
        #: The complete set in `_pending` was read page by page, beginning at this time; 0 if there is none.
        self._read_since = 0
        self._read_time = 0

    @property
    def unread(self) -> bool:
        """Nothing of it is known yet: pages may be read before listening begins."""
        return self._whole and not self._read_since

    @property
    def progress(self) -> int:
        """Changes whenever something is told before the first consistent state."""
        return len(self._pending)

    def resume(self) -> tuple[bytes, int]:
        """A stream is opened: the token or else the time from which changes are to be told; neither for everything."""
        self._current = self._settled = False
        self._read_time = 0
        if not self._read_since:
            self._pending.clear()
        return self._token, 0 if self._token else self._read_since

    def restart(self) -> None:
        """What was told can't be relied on; a complete set is to come."""
        self._token = b""
        self._read_since = 0
        self._whole = True
        self._current = self._settled = False
        self._read_time = 0
        self._pending.clear()

    def refilter(self) -> None:
        """The filters have changed: every document is to be told again."""
        self.restart()
        self._shown = dict.fromkeys(self._shown, 0)

    def read(self, documents: Iterable[events.DocumentChange]) -> None:
        """A page of the complete set."""
        for document in documents:
            self._pending[document.doc_id] = document

    def read_all(self, since: int) -> None:
        """The complete set was read, beginning at that time; changes since then are still to be told."""
        self._read_since = since

    def changed(self, document: events.DocumentChange) -> None:
        """The document is in the target."""
        self._pending[document.doc_id] = document

    def gone(self, doc_id: str) -> None:
        """The document is not in the target any more."""
        self._pending[doc_id] = None

    def reset(self) -> None:
        """The server begins with a complete set."""
        self.restart()

    def current(self) -> None:
        """The server has told everything up to now; a consistent state follows."""
        self._current = True

    @property
    def size(self) -> int:
        """How many documents the target has by what was told so far."""
        if self._whole:
            return sum(document is not None for document in self._pending.values())
        size = len(self._shown) + len(self._hidden)
        for doc_id, document in self._pending.items():
            size += (document is not None) - (doc_id in self._shown or doc_id in self._hidden)
        return size

    def snapshot(self, token: bytes, read_time: int) -> list[Change] | None:
        """What was told is consistent as of that time: the changes to what is shown.

        None while it is not current, or if nothing has happened since the last time; an empty list tells that it is up
        to date again.
        """
        if not self._current or read_time < self._read_time:
            return None
        self._read_time = read_time
        self._read_since = 0
        if token:
            self._token = token
        pending, self._pending = self._pending, {}
        was_settled, self._settled = self._settled, True
        if not pending and not self._whole:
            return None if was_settled else []
        gone = tdg_core_firestore_codec_time.text_of_nanos(read_time)
        changes = []
        if self._whole:
            missing = [doc_id for doc_id in self._shown if pending.get(doc_id) is None]
            changes = [self._hide(doc_id, gone) for doc_id in missing]
            self._hidden.clear()
        for doc_id, document in pending.items():
            change = self._apply(doc_id, document, gone)
            if change is not None:
                changes.append(change)
        self._whole = False
        self._introduced = True
        return changes

    def _apply(self, doc_id: str, document: events.DocumentChange | None, gone: str) -> Change | None:
        former = self._shown.get(doc_id)
        if document is None or document.payload is None:
            if document is None:
                self._hidden.discard(doc_id)
            else:
                self._hidden.add(doc_id)
            return None if former is None else self._hide(doc_id, gone)
        self._hidden.discard(doc_id)
        if former == document.version and self._introduced:
            return None
        self._shown[doc_id] = document.version
        added = former is None or not self._introduced
        version = tdg_core_firestore_codec_time.text_of_nanos(document.version)
        return Change(doc_id, inbound.ADDED if added else inbound.MODIFIED, document.payload, version)

    def _hide(self, doc_id: str, gone: str) -> Change:
        del self._shown[doc_id]
        return Change(doc_id, inbound.REMOVED, None, gone)


# What becomes of an event ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Accepted:
    """The server has taken the target in."""

    target: int


@dataclass(frozen=True)
class Snapshot:
    """The target is up to date; `changes` may be empty."""

    target: int
    changes: list[Change]


@dataclass(frozen=True)
class Restarted:
    """The server tells everything anew, by itself."""

    target: int


@dataclass(frozen=True)
class Mismatch:
    """The server counts another number of documents: something was missed, a complete set is needed."""

    target: int
    expected: int
    found: int


@dataclass(frozen=True)
class Ended:
    """The server will tell nothing more of the target."""

    target: int
    code: str
    message: str


Outcome = Accepted | Snapshot | Restarted | Mismatch | Ended


def apply(targets: Mapping[int, Target], event: events.Event) -> list[Outcome]:
    """Tells the targets of one stream what the server said, and what is to be done about it.

    Args:
        targets: By their ids; the server may still speak of others, which is ignored.
        event: What it said.
    """
    if isinstance(event, events.TargetChange):
        return _apply_target_change(targets, event)
    if isinstance(event, events.Size):
        target = targets.get(event.target)
        if target is None or target.size == event.size:
            return []
        return [Mismatch(event.target, event.size, target.size)]
    for number in event.removed_from:
        if number in targets:
            targets[number].gone(event.doc_id)
    if isinstance(event, events.DocumentChange):
        for number in event.targets:
            if number in targets:
                targets[number].changed(event)
    return []


def _apply_target_change(targets: Mapping[int, Target], change: events.TargetChange) -> list[Outcome]:
    meant = [number for number in change.targets if number in targets] if change.targets else list(targets)
    if change.kind == events.REMOVED:
        code = change.code or "unavailable"
        message = change.message or "Firestore stopped telling of it without a reason; it is asked again."
        return [Ended(number, code, message) for number in meant]
    if change.kind == events.ADDED:
        return [Accepted(number) for number in meant]
    if change.kind == events.RESET:
        for number in meant:
            targets[number].reset()
        return [Restarted(number) for number in meant]
    if change.kind == events.CURRENT:
        for number in meant:
            targets[number].current()
    if change.targets or not change.read_time:
        return []
    snapshots = []
    for number in meant:
        changes = targets[number].snapshot(change.token, change.read_time)
        if changes is not None:
            snapshots.append(Snapshot(number, changes))
    return list(snapshots)
''',
    "src/firestore/tdg_core_firestore_watch_events.py": '''\
"""What the server says on a Listen stream, and what to listen to, as plain values.

Thread: any.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

import tdg_core_firestore_codec
import tdg_core_firestore_filters

#: TargetChange.TargetChangeType of google.firestore.v1.
NO_CHANGE, ADDED, REMOVED, CURRENT, RESET = range(5)


class TargetChange(NamedTuple):
    """Something about targets as such. No targets means all of them.

    `read_time` (nanoseconds since 1970, 0 for none) without targets says: everything told so far is one consistent
    state. `code` and `message` are the cause of a REMOVED.
    """

    kind: int
    targets: tuple[int, ...] = ()
    token: bytes = b""
    read_time: int = 0
    code: str = ""
    message: str = ""


class DocumentChange(NamedTuple):
    """A document is in some targets and no longer in others.

    `version` is its update time in nanoseconds since 1970; `payload` is None where the filters keep it out.
    """

    doc_id: str
    version: int
    payload: str | None
    targets: tuple[int, ...] = ()
    removed_from: tuple[int, ...] = ()


class DocumentGone(NamedTuple):
    """A document was deleted or is no longer in these targets."""

    doc_id: str
    removed_from: tuple[int, ...]


class Size(NamedTuple):
    """How many documents a target has on the server (ExistenceFilter)."""

    target: int
    size: int


Event = TargetChange | DocumentChange | DocumentGone | Size


def document_change(
    document: Any,
    root: str,
    filters: tdg_core_firestore_filters.Filters,
    targets: tuple[int, ...] = (),
    removed_from: tuple[int, ...] = (),
) -> DocumentChange:
    """A protobuf Document as an event; what the filters keep out is not even decoded.

    Args:
        document: A `Document` message.
        root: `projects/<project>/databases/<database>/documents/`.
        filters: Which documents and fields are let in.
        targets: Target ids it belongs to.
        removed_from: Target ids it belongs to no longer.
    """
    doc_id = document.name.rpartition("/")[2]
    payload = payload_text(document.fields, root, filters) if filters.admits(doc_id) else None
    return DocumentChange(doc_id, nanos_of(document.update_time), payload, targets, removed_from)


def payload_text(fields: Mapping[str, Any], root: str, filters: tdg_core_firestore_filters.Filters) -> str:
    """The fields that are let in, as payload text."""
    shown = filters.shown(fields) if filters.fields else fields
    return tdg_core_firestore_codec.text_of(tdg_core_firestore_codec.plain_fields(shown, root))


def nanos_of(timestamp: Any) -> int:
    """A protobuf Timestamp in nanoseconds since 1970."""
    return int(timestamp.seconds) * 1_000_000_000 + int(timestamp.nanos)
''',
    "src/firestore/tdg_core_firestore_watch_spec.py": '''\
"""What to listen to: a collection, one document, or a query, checked and plain.

Thread: any.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_names

CloudError = tdg_core_errors.CloudError
names = tdg_core_firestore_names

# Names of StructuredQuery.FieldFilter.Operator, by the words of the clients.
_OPERATORS = {
    "==": "EQUAL",
    "!=": "NOT_EQUAL",
    "<": "LESS_THAN",
    "<=": "LESS_THAN_OR_EQUAL",
    ">": "GREATER_THAN",
    ">=": "GREATER_THAN_OR_EQUAL",
    "in": "IN",
    "not-in": "NOT_IN",
    "array-contains": "ARRAY_CONTAINS",
    "array-contains-any": "ARRAY_CONTAINS_ANY",
}
_LIST_OPERATORS = {"IN", "NOT_IN", "ARRAY_CONTAINS_ANY"}

# Null and NaN are asked for by operators of their own.
_UNARY = {("EQUAL", "null"): "IS_NULL", ("NOT_EQUAL", "null"): "IS_NOT_NULL"}
_UNARY |= {("EQUAL", "nan"): "IS_NAN", ("NOT_EQUAL", "nan"): "IS_NOT_NAN"}

_DIRECTIONS = {"asc": "ASCENDING", "ascending": "ASCENDING", "desc": "DESCENDING", "descending": "DESCENDING"}

_NAME = "__name__"

Where = tuple[str, str, Any]
Order = tuple[str, str]


@dataclass(frozen=True)
class Spec:
    """What a listener listens to.

    Attributes:
        collection: Path of the collection.
        doc_id: Only this document; empty for all.
        where: Conditions that all hold: (field path, operator name of the protocol, plain value). The value is None
            for the unary operators (`IS_NULL`, ...).
        order_by: (field path, `ASCENDING` or `DESCENDING`).
        limit: At most so many documents; 0 for no limit.
    """

    collection: str
    doc_id: str = ""
    where: tuple[Where, ...] = ()
    order_by: tuple[Order, ...] = ()
    limit: int = 0

    @property
    def whole(self) -> bool:
        """Whether it is a collection and nothing but that."""
        return not (self.doc_id or self.where or self.order_by or self.limit)

    def as_plain(self) -> dict[str, Any]:
        """For a message."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Self:
        """The reverse of `as_plain`, also after a way through JSON."""
        return cls(
            plain["collection"],
            plain["doc_id"],
            tuple((field, operator, value) for field, operator, value in plain["where"]),
            tuple((field, direction) for field, direction in plain["order_by"]),
            plain["limit"],
        )


def collection(path: str) -> Spec:
    """All documents of a collection.

    Raises:
        CloudError: `invalid`, as the functions below.
    """
    path = names.normal_path(path)
    _demand(names.problem_of_collection(path))
    return Spec(path)


def document(path: str) -> Spec:
    """One document."""
    path = names.normal_path(path)
    _demand(names.problem_of_document(path))
    return Spec(*names.split_document(path))


def query(path: str, where: object = None, order_by: object = None, limit: object = None) -> Spec:
    """A query over one collection.

    Args:
        path: The collection.
        where: None, one condition or a list of them: (field, operator, value). The field may be a path (`a.b`), the
            operators are those of the clients (`==`, `!=`, `<`, `<=`, `>`, `>=`, `in`, `not-in`, `array-contains`,
            `array-contains-any`, also with underscores). With the field `__name__` the value is a document id.
        order_by: None, a field, or a list of fields and (field, direction); a leading `-` or the direction `desc`
            turns the order round.
        limit: None or a positive number.
    """
    whole = collection(path)
    conditions = tuple(_condition(one, whole.collection) for one in _listed(where, "where"))
    orders = tuple(_order(one) for one in _listed(order_by, "order_by"))
    if limit is None:
        limit = 0
    elif isinstance(limit, bool) or not isinstance(limit, int) or limit < 1:
        raise CloudError("invalid", f"Query refused: limit is a positive whole number, not {limit!r}.")
    return Spec(whole.collection, "", conditions, orders, limit)


def _listed(given: object, what: str) -> list[Any]:
    """One item or a list of them as a list; (field, operator, value) and (field, direction) are one item."""
    if given is None:
        return []
    if isinstance(given, str):
        return [given]
    if not isinstance(given, Sequence):
        raise CloudError("invalid", f"Query refused: {what} is a list, not {given!r}.")
    single = bool(given) and isinstance(given[0], str)
    if what == "where":
        single = single and len(given) == 3
    else:
        single = single and len(given) == 2 and isinstance(given[1], str) and given[1].lower() in _DIRECTIONS
    return [given] if single else list(given)


def _condition(given: object, path: str) -> Where:
    if isinstance(given, str) or not isinstance(given, Sequence) or len(given) != 3:
        raise CloudError("invalid", f"Query refused: a condition is (field, operator, value), not {given!r}.")
    field, word, value = given
    operator = _OPERATORS.get(str(word).strip().lower().replace("_", "-"))
    if operator is None:
        raise CloudError("invalid", f"Query refused: {word!r} is no operator; use one of {', '.join(_OPERATORS)}.")
    field_path = _field_path(field)
    if operator in _LIST_OPERATORS and not isinstance(value, (list, tuple, set, frozenset)):
        raise CloudError("invalid", f"Query refused: {word} takes a list of values, not {value!r}.")
    if field_path == _NAME:
        return field_path, operator, _references(value, path)
    unary = _UNARY.get((operator, _special(value)))
    if unary is not None:
        return field_path, unary, None
    return field_path, operator, tdg_core_firestore_codec_sdk.serialize_value(value)


def _special(value: object) -> str:
    if value is None:
        return "null"
    return "nan" if isinstance(value, float) and math.isnan(value) else ""


def _references(value: Any, path: str) -> Any:
    """Document ids of this collection (or whole document paths) as references."""
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_references(item, path) for item in value]
    if not isinstance(value, str):
        return tdg_core_firestore_codec_sdk.serialize_value(value)
    name = value if "/" in value else f"{path}/{value}"
    return {tdg_core_firestore_codec.TYPE: tdg_core_firestore_codec.REFERENCE, "value": name}


def _order(given: object) -> Order:
    if isinstance(given, str):
        return (_field_path(given[1:]), "DESCENDING") if given.startswith("-") else (_field_path(given), "ASCENDING")
    if not isinstance(given, Sequence) or len(given) != 2:
        raise CloudError("invalid", f"Query refused: order_by has a field or (field, direction), not {given!r}.")
    field, word = given
    direction = _DIRECTIONS.get(str(word).strip().lower())
    if direction is None:
        raise CloudError("invalid", f"Query refused: the direction {word!r} is neither asc nor desc.")
    return _field_path(field), direction


def _field_path(given: object) -> str:
    if not isinstance(given, str):
        raise CloudError("invalid", f"Query refused: the field {given!r} is no text.")
    if given == _NAME:
        return _NAME
    try:
        return tdg_core_firestore_codec_path.render(tdg_core_firestore_codec_path.parse(given))
    except ValueError as error:
        raise CloudError("invalid", f"Query refused: {error}.") from None


def _demand(problem: str) -> None:
    if problem:
        raise CloudError("invalid", f"Cannot listen: {problem}.")
''',
    "src/firestore/tdg_core_firestore_watch_timing.py": '''\
"""How long a listener waits for what, in seconds.

Thread: any.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Timing:
    """Times of listening; tests shorten them.

    Attributes:
        quick_s: Before a stream that broke is opened again for the first time.
        base_s: Before the next attempt, twice as long before each further one, at most `longest_s`. Ten minutes of
            refusals make at most 12 attempts.
        longest_s: See `base_s`.
        exhausted_s: Before the first attempt after a quota was used up.
        healthy_s: A stream or target that was well for so long has its failures forgotten.
        trusted_s: A target whose count was right for so long has its wrong counts forgotten; each costs a full reading.
        announce_s: A break that is mended within this time is not told.
        answer_s: The server says something on a new stream, or on one that is asked whether it is alive, within this
            time.
        silence_s: A stream that was silent for so long is asked. The server itself says something every 30 s
            (https://github.com/googleapis/nodejs-firestore/pull/1220).
        stuck_s: A target on a living stream whose first documents do not come on for so long is asked for again.
        page_s: Before a page that could not be read is asked for again; then the collection can't be read for now.
        tick_s: How often the above is looked at.
    """

    quick_s: float = 0.25
    base_s: float = 1.0
    longest_s: float = 120.0
    exhausted_s: float = 10.0
    healthy_s: float = 10.0
    trusted_s: float = 600.0
    announce_s: float = 1.0
    answer_s: float = 15.0
    silence_s: float = 45.0
    stuck_s: float = 120.0
    page_s: tuple[float, ...] = (0.3, 1.0)
    tick_s: float = 0.5

    def wait_s(self, failures: int, code: str, random: float) -> float:
        """Before the attempt after that many failures in a row; `random` in [0, 1) takes off up to a fifth."""
        wait = min(self.base_s * 2.0 ** min(failures - 1, 30), self.longest_s)
        if code == "exhausted":
            wait = max(wait, self.exhausted_s)
        return wait * (1.0 - 0.2 * random)
''',
    "src/firestore/tdg_core_firestore_writes.py": '''\
"""Which queued writes go to the server next, in which commit, and what becomes of them after its answer.

Thread: any.

The promises kept here: writes to one document reach the server in the order they were accepted, one commit per
document at a time; a commit that is sent twice changes nothing twice, or is *guarded*, so that the sender can tell.
Times are monotonic seconds given by the caller.
"""

import heapq
import itertools
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

import tdg_core_retry

SET = "set"
SET_MERGE = "set_merge"
UPDATE = "update"
DELETE = "delete"

OP_TYPES = (SET, SET_MERGE, UPDATE, DELETE)

#: Writes in one commit (https://firebase.google.com/docs/firestore/manage-data/transactions).
MAX_WRITES = 500
#: Characters of JSON in one commit: a request may have 10 MiB, and a value takes up to twice its JSON on the wire.
MAX_CHARACTERS = 4 << 20
#: What a write takes beside its payload: names, masks, preconditions.
_WRITE_CHARACTERS = 200

#: So many waiting full sets of one document are kept; each further one takes the place of the newest of them.
KEPT_SETS = 10

#: Wait before a refused write is tried again: 1 s, half as much more each time, at most a minute; the numbers of
#: Firestore's mobile clients.
_BACKOFF = tdg_core_retry.BreakerSettings(backoff_base=1.5, backoff_max_s=60.0)

#: Transforms that a second sending would apply a second time, or again after somebody else has undone them.
_UNREPEATABLE = tuple(f'"__type":"{name}"' for name in ("increment", "array_union", "array_remove"))

Key = tuple[str, str]


@dataclass(slots=True)
class Entry:
    """One queued write. `payload` is JSON text; everything from `seq` to `commit_id` is stored with it."""

    seq: int
    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    #: Name of the atomic batch it belongs to, or empty.
    batch: str = ""
    retry_count: int = 0
    last_error: str = ""
    #: How many superseded sets are confirmed together with this one.
    covers: int = 0
    #: The guarded commit it was sent in and whose outcome is not known yet, or empty.
    commit_id: str = ""
    #: A commit with this write has at most so many writes; falls when a larger one was refused.
    limit: int = MAX_WRITES
    not_before: float = 0.0
    in_flight: bool = False
    #: The user has discarded it while it was in flight: it is not sent again.
    discarded: bool = False
    #: Whether sending it twice could apply it twice. A full set starts from nothing, transforms included.
    guarded: bool = field(init=False)

    def __post_init__(self) -> None:
        self.guarded = _needs_guard(self.op_type, self.payload)

    @property
    def key(self) -> Key:
        """Collection and document id."""
        return self.collection, self.doc_id


@dataclass
class Commit:
    """Writes that go to the server in one atomic request.

    Attributes:
        id: Names a guarded commit for ever; empty for another one.
        entries: What this commit settles, in order.
        atomic: The user asked for all or nothing: it is never split.
    """

    id: str
    entries: list[Entry]
    atomic: bool = False
    #: Due again then; a guarded commit whose outcome is unknown is sent again exactly as it was.
    not_before: float = 0.0

    @property
    def sent(self) -> list[Entry]:
        """The entries that really go out: of full sets in a row to one document only the last one."""
        sent: list[Entry] = []
        last: dict[Key, int] = {}
        for entry in self.entries:
            place = last.get(entry.key)
            if place is not None and entry.op_type == SET and sent[place].op_type == SET:
                sent[place] = entry
            else:
                last[entry.key] = len(sent)
                sent.append(entry)
        return sent


@dataclass
class _Draft:
    """A commit being put together."""

    entries: list[Entry] = field(default_factory=list)
    count: int = 0
    characters: int = 0
    limit: int = MAX_WRITES
    guarded: bool = False

    def takes(self, entry: Entry, replaced: Entry | None) -> bool:
        """Adds the entry if it fits; `replaced` is the full set before it that it makes superfluous."""
        count = self.count + (replaced is None)
        characters = self.characters + _size(entry) - (0 if replaced is None else _size(replaced))
        guarded = self.guarded or entry.guarded
        limit = min(self.limit, entry.limit)
        if count > 1 and (count + guarded > limit or characters > MAX_CHARACTERS):
            return False
        entry.in_flight = True
        self.entries.append(entry)
        self.count, self.characters, self.limit, self.guarded = count, characters, limit, guarded
        return True


class Queue:
    """All writes that the server has not confirmed, with what is in flight.

    Args:
        new_id: Gives a new commit id, never one given before.
    """

    def __init__(self, new_id: Callable[[], str]) -> None:
        self._new_id = new_id
        self._entries: dict[str, Entry] = {}
        self._documents: dict[Key, deque[Entry]] = {}
        self._groups: dict[str, dict[Key, None]] = {}
        # Documents that may be sent, by the number of their oldest write; an outdated pair is skipped when met.
        self._ready: list[tuple[int, Key]] = []
        self._delayed: list[tuple[float, int, Key]] = []
        # Documents whose oldest write waits for the one guarded commit in flight.
        self._behind_guard: list[tuple[int, Key]] = []
        self._guarded: Commit | None = None
        self._again: Commit | None = None
        self._paused_until = 0.0

    def __len__(self) -> int:
        return len(self._entries)

    def get(self, queue_id: str) -> Entry | None:
        """The entry of that id, if it is still queued."""
        return self._entries.get(queue_id)

    def entries(self) -> list[Entry]:
        """All of them, oldest first."""
        return sorted(self._entries.values(), key=lambda entry: entry.seq)

    def add(self, entry: Entry) -> Entry | None:
        """Appends an accepted write; returns the superseded one that it replaces, if it does."""
        waiting = self._documents.setdefault(entry.key, deque())
        replaced = self._superseded(waiting, entry)
        if replaced is not None:
            waiting.pop()
            del self._entries[replaced.queue_id]
            entry.covers += replaced.covers + 1
        waiting.append(entry)
        self._entries[entry.queue_id] = entry
        if entry.batch:
            self._groups.setdefault(entry.batch, {})[entry.key] = None
        if len(waiting) == 1:
            self._offer(entry.key)
        return replaced

    def resume(self, commit_id: str, entries: Iterable[Entry]) -> None:
        """After a restart: that guarded commit's outcome is unknown. Its entries have been added before."""
        commit = Commit(commit_id, list(entries))
        commit.atomic = bool(commit.entries[0].batch)
        self._lock(commit)
        self._guarded = self._again = commit

    def take(self, now: float) -> Commit | None:
        """The next commit to send, or None; its documents are locked until one of the methods below settles it."""
        if now < self._paused_until:
            return None
        if self._again is not None and now >= self._again.not_before:
            commit, self._again = self._again, None
            return commit
        while self._delayed and self._delayed[0][0] <= now:
            _, seq, key = heapq.heappop(self._delayed)
            heapq.heappush(self._ready, (seq, key))
        draft = _Draft()
        while (found := self._next_ready(now)) is not None:
            seq, key = found
            group = self._documents[key][0].batch
            if not group and self._fill(draft, key):
                continue
            if group and not draft.entries:
                return self._sent(self._group(group), atomic=True)
            heapq.heappush(self._ready, (seq, key))
            break
        return self._sent(draft.entries, atomic=False) if draft.entries else None

    def done(self, commit: Commit) -> None:
        """The server has confirmed it: its entries are forgotten."""
        self._unlock(commit)
        self._forget(commit.entries)

    def again(self, commit: Commit, not_before: float, unknown: bool) -> list[Entry]:
        """It failed and may be tried again. Returns the entries that go, because the user has discarded them.

        Args:
            commit: What was taken.
            not_before: When it may be tried again.
            unknown: The server may have carried it out all the same.
        """
        if commit.id and unknown:
            commit.not_before = not_before
            self._again = commit
            return []
        self._unlock(commit)
        gone = [entry for entry in commit.entries if entry.discarded]
        for entry in commit.entries:
            entry.not_before = not_before
        self._forget(gone)
        return gone

    def refused(self, commit: Commit, whole: bool) -> list[Entry]:
        """The server has refused it for good. Returns the entries that are dead.

        One refused write makes a commit fail as a whole: halves are tried until the guilty one stands alone.

        Args:
            commit: What was taken.
            whole: The refusal concerns every write alike (permission).
        """
        self._unlock(commit)
        count = len(commit.sent)
        if commit.atomic or whole or count == 1:
            self._forget(commit.entries)
            return commit.entries
        for entry in commit.entries:
            entry.limit = max(1, min(entry.limit, count // 2))
        gone = [entry for entry in commit.entries if entry.discarded]
        self._forget(gone)
        return gone

    def discard(self, entries: Iterable[Entry]) -> list[Entry]:
        """The user wants none of these sent, nor what is in an atomic batch with them.

        Returns those that are gone; the rest is in flight and ends with the answer.
        """
        chosen = {entry.queue_id: entry for entry in entries}
        for group in {entry.batch for entry in chosen.values()} & self._groups.keys():
            chosen |= {entry.queue_id: entry for entry in self._group(group)}
        for entry in chosen.values():
            entry.discarded = True
        gone = [entry for entry in chosen.values() if not entry.in_flight]
        self._forget(gone)
        return gone

    def wake(self) -> None:
        """Nothing waits for a later time any more: there is a new connection, or the user asks for it."""
        self._paused_until = 0.0
        for entry in self._entries.values():
            entry.not_before = 0.0
        if self._again is not None:
            self._again.not_before = 0.0
        for _, seq, key in self._delayed:
            heapq.heappush(self._ready, (seq, key))
        self._delayed.clear()

    def pause(self, until: float) -> None:
        """The server asks for patience: nothing is taken before that time."""
        self._paused_until = max(self._paused_until, until)

    def next_time(self, now: float) -> float | None:
        """When `take` may have something that it has not now; None when only an answer or a new write changes that."""
        times = [self._delayed[0][0]] if self._delayed else []
        if self._again is not None:
            times.append(self._again.not_before)
        if self._paused_until > now and self._entries:
            return max(self._paused_until, min(times, default=0.0))
        return min(times, default=None)

    # -------------------------------------------------------------------------------------------------------------

    def _superseded(self, waiting: deque[Entry], entry: Entry) -> Entry | None:
        if entry.op_type != SET or entry.batch or len(waiting) < KEPT_SETS:
            return None
        for former in itertools.islice(reversed(waiting), KEPT_SETS):
            if former.op_type != SET or former.batch or former.in_flight:
                return None
        return waiting[-1]

    def _offer(self, key: Key) -> None:
        waiting = self._documents.get(key)
        if waiting and not waiting[0].in_flight:
            heapq.heappush(self._ready, (waiting[0].seq, key))

    def _next_ready(self, now: float) -> tuple[int, Key] | None:
        """The document with the oldest write that may go now; what has to wait for something is put there."""
        while self._ready:
            seq, key = heapq.heappop(self._ready)
            waiting = self._documents.get(key)
            if not waiting or waiting[0].seq != seq or waiting[0].in_flight:
                continue
            head = waiting[0]
            if head.not_before > now:
                heapq.heappush(self._delayed, (head.not_before, seq, key))
            elif self._guarded is not None and self._needs_guard(head):
                self._behind_guard.append((seq, key))
            elif not head.batch or self._is_free(head.batch, now):
                return seq, key
            # else: an atomic batch, offered again when its last document is free
        return None

    def _needs_guard(self, head: Entry) -> bool:
        return any(entry.guarded for entry in self._group(head.batch)) if head.batch else head.guarded

    def _is_free(self, group: str, now: float) -> bool:
        """Whether an atomic batch is at the head of each of its documents."""
        heads = [self._documents[key][0] for key in self._groups[group]]
        return all(head.batch == group and not head.in_flight and head.not_before <= now for head in heads)

    def _group(self, group: str) -> list[Entry]:
        """The entries of an atomic batch, in order."""
        found = (entry for key in self._groups[group] for entry in self._documents[key] if entry.batch == group)
        return sorted(found, key=lambda entry: entry.seq)

    def _fill(self, draft: _Draft, key: Key) -> bool:
        """Adds a document's writes from the oldest on, as many as fit; False when not even that one does."""
        former: Entry | None = None
        for entry in self._documents[key]:
            if entry.batch or (entry.guarded and self._guarded is not None):
                break
            if former is not None and entry.op_type == DELETE:
                # Sent twice, an update before it would find the document deleted and be refused.
                break
            in_row = former is not None and former.op_type == SET and entry.op_type == SET
            if not draft.takes(entry, former if in_row else None):
                break
            former = entry
        return former is not None

    def _sent(self, entries: list[Entry], atomic: bool) -> Commit:
        guarded = any(entry.guarded for entry in entries)
        commit = Commit(self._new_id() if guarded else "", entries, atomic)
        self._lock(commit)
        if guarded:
            self._guarded = commit
        return commit

    def _lock(self, commit: Commit) -> None:
        for entry in commit.entries:
            entry.in_flight = True

    def _unlock(self, commit: Commit) -> None:
        for entry in commit.entries:
            entry.in_flight = False
        if commit is self._guarded:
            self._guarded = None
            for pair in self._behind_guard:
                heapq.heappush(self._ready, pair)
            self._behind_guard.clear()
        for key in dict.fromkeys(entry.key for entry in commit.entries):
            self._offer(key)

    def _forget(self, entries: Iterable[Entry]) -> None:
        keys: dict[Key, None] = {}
        for entry in entries:
            if self._entries.pop(entry.queue_id, None) is None:
                continue
            keys[entry.key] = None
            waiting = self._documents[entry.key]
            if waiting[0] is entry:
                waiting.popleft()
            else:
                waiting.remove(entry)
            if not waiting:
                del self._documents[entry.key]
            group = self._groups.get(entry.batch)
            if group is not None and not any(other.batch == entry.batch for other in waiting):
                group.pop(entry.key, None)
                if not group:
                    del self._groups[entry.batch]
        for key in keys:
            self._offer(key)


def backoff_s(retry_count: int, random: float) -> float:
    """Seconds before a write that failed that many times is tried again; `random` is in [0, 1)."""
    return tdg_core_retry.jittered(tdg_core_retry.backoff_s(max(0, retry_count - 1), _BACKOFF), random)


def problem_of(collection: object, doc_id: object, op_type: object, payload: object) -> str:
    """What makes a write one that can never run; empty when nothing does. The names are judged elsewhere."""
    if op_type not in OP_TYPES:
        return f"unknown op_type {op_type!r}; use one of {', '.join(OP_TYPES)}"
    if op_type != DELETE and not isinstance(payload, dict):
        return f"the data of {collection}/{doc_id} is no dict but {type(payload).__name__}"
    if op_type == UPDATE and not payload:
        return f"the update of {collection}/{doc_id} names no field"
    return ""


def problem_of_batch(batch: Sequence[tuple[str, str] | None]) -> str:
    """What makes an atomic batch (op_type and payload text each) one that can never run; empty when nothing does."""
    if None in batch:
        return "an atomic batch with a write that can never run is refused as a whole"
    guard = any(one is not None and _needs_guard(*one) for one in batch)
    if len(batch) + guard <= MAX_WRITES:
        return ""
    why = " (one place is taken by what makes increments and array changes count once)" if guard else ""
    return f"an atomic batch has at most {MAX_WRITES - guard} writes{why}, this one {len(batch)}"


def _needs_guard(op_type: str, payload: str) -> bool:
    return op_type in {SET_MERGE, UPDATE} and any(word in payload for word in _UNREPEATABLE)


def _size(entry: Entry) -> int:
    return len(entry.payload) + len(entry.collection) + len(entry.doc_id) + _WRITE_CHARACTERS
''',
    "src/firestore/tdg_disk_firestore_documents.py": '''\
"""Reads the cached documents from the engine's file without the engine.

Thread: any.
"""

import contextlib
import sqlite3
from pathlib import Path

#: collection, doc_id, payload, version, synced_at.
DocumentRow = tuple[str, str, str, str, str]


def read_documents(path: Path) -> list[DocumentRow]:
    """All cached documents; none when there is no file or it cannot be read right now. Never waits for a lock."""
    with (
        contextlib.suppress(sqlite3.Error),
        contextlib.closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=0.0)) as connection,
    ):
        query = "SELECT collection, doc_id, payload, version, synced_at FROM documents ORDER BY collection, doc_id"
        return list(connection.execute(query))
    return []
''',
    "src/firestore/tdg_gateway_firestore.py": '''\
"""The connection to one Firestore database: plain values in and out, every error a `CloudError`.

Thread: worker only.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import tdg_core_errors
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_codec_time
import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_firestore_watch_events
import tdg_core_settings
import tdg_gateway_app
import tdg_gateway_firestore_api
import tdg_gateway_firestore_errors
import tdg_gateway_firestore_listen
import tdg_gateway_firestore_values
import tdg_gateway_firestore_write

CloudError = tdg_core_errors.CloudError
Filters = tdg_core_firestore_filters.Filters
events = tdg_core_firestore_watch_events
names = tdg_core_firestore_names

#: Contract A4: SDK values -> payload values and back.
serialize_value = tdg_core_firestore_codec_sdk.serialize_value
deserialize_value = tdg_gateway_firestore_values.deserialize_value

_HOST = "firestore.googleapis.com"
_SERVICE = "/google.firestore.v1.Firestore/"

#: Seconds that a call may take at most.
CONNECT_S = 15.0
COMMIT_S = 60.0
READ_S = 60.0

#: Documents in one page of a listing; the server gives no more at a time.
PAGE = 300

#: A document that nobody writes: reading it proves that database, credentials and permission are right.
_PROBE = "tdg_probe/none"

# A dead peer is noticed after 28 s at most, well within the time that routers remember a silent connection. The
# subchannel pool is the channel's own, so a new connection does not wait out the backoff of the last one.
# https://grpc.github.io/grpc/core/group__grpc__arg__keys.html
_OPTIONS: tuple[tuple[str, int], ...] = (
    ("grpc.keepalive_time_ms", 20_000),
    ("grpc.keepalive_timeout_ms", 8_000),
    ("grpc.http2.max_pings_without_data", 0),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
)


class CommitResult(NamedTuple):
    """What became of one write: the document's update time, as `_version` shows it.

    A write that changed nothing has the time of the last change; a delete that of its commit.
    """

    update_time: str


class Document(NamedTuple):
    """A document as read: path below the database, payload text, version text."""

    path: str
    payload: str
    version: str


class Page(NamedTuple):
    """Part of a collection; the next one is asked for with `token`, empty after the last."""

    documents: list[events.DocumentChange]
    token: str


class Gateway:
    """A connected database. Every method may be called from any worker thread, several at once.

    Raises:
        CloudError: From every method; codes as in `tdg_core_errors`. After `close` it is `unavailable`.
    """

    def __init__(self, settings: tdg_core_settings.Settings) -> None:
        self._api = tdg_gateway_firestore_api.load()
        self._app = tdg_gateway_app.open_app(settings)
        self.project_id = self._app.project_id
        #: The database id.
        self.target = settings.target or names.DEFAULT_DATABASE
        self.database = names.database_name(self.project_id, self.target)
        self.root = names.documents_root(self.database)
        self._emulated = bool(settings.emulator_host)
        self._errors = tdg_gateway_firestore_errors.Errors(
            settings.emulator_host or _HOST, self.project_id, self.target
        )
        self._metadata = [("google-cloud-resource-prefix", self.database)]
        self._metadata.append(("x-goog-request-params", f"project_id={self.project_id}&database_id={self.target}"))
        if self._emulated:
            self._metadata.append(("authorization", "Bearer owner"))
        self._channel = self._open_channel(settings.emulator_host)
        call = self._channel.unary_unary
        self._commit = self._method(call, "Commit")
        self._list_ids = self._method(call, "ListCollectionIds")
        self._list_documents = self._method(call, "ListDocuments")
        self._batch_get = self._method(self._channel.unary_stream, "BatchGetDocuments")
        self._listen = self._method(self._channel.stream_stream, "Listen")

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""
        self._channel.close()
        self._app.close()

    def check(self, timeout_s: float = CONNECT_S) -> None:
        """One round trip that needs database, credentials and permission."""
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.append(self.root + _PROBE)
        self._call(self._all(self._batch_get), request, timeout_s, f"reaching {self.target} of {self.project_id}")

    def refresh_credentials(self) -> None:
        """Fetches a new token now; calls made from here on use it."""
        self._app.fetch_token()

    def commit(self, writes: Sequence[Mapping[str, Any]]) -> list[CommitResult]:
        """Carries out all writes in order, or none.

        Args:
            writes: At most 500 dicts with
                `collection`, `doc_id`: where; any legal collection path and id.
                `op`: `set`, `set_merge`, `update` or `delete` (`tdg_core_firestore_codec_write` says what they mean).
                `data`: the payload, as a dict or as JSON text; none for `delete`.
                `precondition` (optional): `{"exists": bool}` or `{"update_time": "<version text>"}`. An `update`
                demands that the document exists even without one.

        Returns:
            One result per write, in order.

        Raises:
            CloudError: `invalid` names document and field if a payload cannot be sent; then nothing was sent. After
                `unavailable`, `deadline`, `internal` and `unknown` the writes may have been carried out all the same.
        """
        request = self._request("CommitRequest", database=self.database)
        for write in writes:
            tdg_gateway_firestore_write.fill_write(request.writes.add(), write, self.root)
        count = len(writes)
        one = f"writing {writes[0]['collection']}/{writes[0]['doc_id']}" if count else "writing nothing"
        response = self._call(self._commit, request, COMMIT_S, one if count < 2 else f"writing {count} documents")
        return [
            CommitResult(_version(result.update_time if result.HasField("update_time") else response.commit_time))
            for result in response.write_results
        ]

    def get_documents(self, paths: Sequence[str], filters: Filters | None = None) -> list[Document | None]:
        """Reads documents as they are now.

        Args:
            paths: Such as `users/u1`.
            filters: Which fields the payloads show; None for all.

        Returns:
            One per path, in order; None for one that does not exist.
        """
        for path in paths:
            problem = names.problem_of_document(path)
            if problem:
                raise CloudError("invalid", f"Cannot read: {problem}.")
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.extend(self.root + path for path in dict.fromkeys(paths))
        what = paths[0] if len(paths) == 1 else f"{len(paths)} documents"
        found: dict[str, Document] = {}
        for response in self._call(self._all(self._batch_get), request, READ_S, f"reading {what}"):
            if response.WhichOneof("result") == "found":
                document = response.found
                path = document.name.removeprefix(self.root)
                payload = events.payload_text(document.fields, self.root, filters or Filters())
                found[path] = Document(path, payload, _version(document.update_time))
        return [found.get(path) for path in paths]

    def list_collections(self, parent: str = "") -> list[str]:
        """Paths of the collections at the top or, with a document path, directly below that document; sorted."""
        found: list[str] = []
        request = self._request("ListCollectionIdsRequest", parent=(self.root + parent).rstrip("/"), page_size=PAGE)
        while True:
            response = self._call(self._list_ids, request, READ_S, "listing collections")
            found.extend(response.collection_ids)
            request.page_token = response.next_page_token
            if not request.page_token:
                return sorted(f"{parent}/{name}" if parent else name for name in found)

    def now(self) -> int:
        """The server's time in nanoseconds since 1970: a `read_time` from which `listen` tells every change."""
        request = self._request("BatchGetDocumentsRequest", database=self.database)
        request.documents.append(self.root + _PROBE)
        responses = self._call(self._all(self._batch_get), request, READ_S, "asking for the time")
        return max((events.nanos_of(response.read_time) for response in responses), default=0)

    def list_page(self, collection: str, token: str, filters: Filters) -> Page:
        """The next documents of a collection, in order of their ids.

        Pages cost a thirtieth of the same documents on a Listen stream, where each is a message of its own.
        """
        parent, _, collection_id = collection.rpartition("/")
        request = self._request(
            "ListDocumentsRequest",
            parent=(self.root + parent).rstrip("/"),
            collection_id=collection_id,
            page_size=PAGE,
            page_token=token,
        )
        response = self._call(self._list_documents, request, READ_S, f"reading {collection}")
        documents = [events.document_change(document, self.root, filters) for document in response.documents]
        return Page(documents, response.next_page_token)

    def listen(self, filters: Filters) -> tdg_gateway_firestore_listen.ListenStream:
        """A new Listen stream; it is opened when its batches are first asked for."""
        return tdg_gateway_firestore_listen.ListenStream(
            lambda requests: self._listen(requests, metadata=self._metadata),
            self._api.messages["ListenRequest"],
            self.database,
            self.root,
            filters,
            self._api.grpc.RpcError,
            self._errors,
        )

    # -----------------------------------------------------------------------------------------------------------------

    def _open_channel(self, emulator_host: str) -> Any:
        grpc = self._api.grpc
        if self._emulated:
            return grpc.insecure_channel(emulator_host, options=[*_OPTIONS, ("grpc.enable_http_proxy", 0)])
        plugin = self._api.auth_plugin(self._app.credentials, self._api.auth_request(), default_host=_HOST)
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(), grpc.metadata_call_credentials(plugin)
        )
        return grpc.secure_channel(f"{_HOST}:443", credentials, options=_OPTIONS)

    def _method(self, kind: Callable[..., Any], name: str) -> Any:
        request = self._api.messages[f"{name}Request"]
        response = self._api.messages[f"{name}Response"]
        return kind(
            _SERVICE + name,
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )

    def _request(self, name: str, **fields: Any) -> Any:
        try:
            return self._api.messages[name](**fields)
        except UnicodeError:
            raise CloudError("invalid", "A name holds half a character (a lone surrogate); remove it.") from None

    def _all(self, method: Any) -> Callable[..., list[Any]]:
        """A call that answers in a stream as one that answers with a list."""

        def collected(request: Any, **arguments: Any) -> list[Any]:
            responses: Iterator[Any] = method(request, **arguments)
            return list(responses)

        return collected

    def _call(self, method: Callable[..., Any], request: Any, timeout_s: float, action: str) -> Any:
        try:
            return method(request, timeout=timeout_s, metadata=self._metadata)
        except self._api.grpc.RpcError as error:
            raise self._errors.of_rpc(error, action) from None
        except ValueError:  # the channel is closed
            raise self._errors.of("unavailable", "", action) from None


def open_gateway(settings: tdg_core_settings.Settings) -> Gateway:
    """Connects, and proves it by a round trip.

    Raises:
        CloudError: `packages`, `config` or `credentials` if a person must act; else what the server or network said.
    """
    gateway = Gateway(settings)
    try:
        gateway.refresh_credentials()
        gateway.check()
    except CloudError as error:
        gateway.close()
        if error.code == "not_found":
            raise CloudError(
                "config",
                f"Project {gateway.project_id} has no Firestore database {gateway.target}: create it in the console, "
                "or correct *Database ID*.",
            ) from None
        raise
    return gateway


def _version(timestamp: Any) -> str:
    return tdg_core_firestore_codec_time.text_of(timestamp.seconds, timestamp.nanos)
''',
    "src/firestore/tdg_gateway_firestore_api.py": '''\
"""The only place where the Firestore gateway imports Google's packages.

Thread: worker only.
"""

import functools
from dataclasses import dataclass
from typing import Any

import tdg_core_errors

CloudError = tdg_core_errors.CloudError


@dataclass(frozen=True)
class Api:
    """What the gateway uses of Google's client: its generated messages and what makes an authorised channel.

    Attributes:
        grpc: The package.
        messages: Protobuf classes of google.firestore.v1 by name, without the wrappers that cost microseconds each.
        auth_request: Makes the HTTP request object that google-auth refreshes credentials with.
        auth_plugin: google-auth's plugin that puts a token into each call.
        sdk: The client package, for values of its classes.
        vector: The client's class of vectors.
        datetime: The client's class of times with nanoseconds.
    """

    grpc: Any
    messages: dict[str, Any]
    auth_request: Any
    auth_plugin: Any
    sdk: Any
    vector: Any
    datetime: Any


_MESSAGES = (
    "BatchGetDocumentsRequest", "BatchGetDocumentsResponse", "CommitRequest", "CommitResponse",
    "ListCollectionIdsRequest", "ListCollectionIdsResponse", "ListDocumentsRequest", "ListDocumentsResponse",
    "ListenRequest", "ListenResponse",
)  # fmt: skip


@functools.cache
def load() -> Api:
    """Imports the packages, once.

    Raises:
        CloudError: `packages` if one is missing.
    """
    try:
        import google.api_core.datetime_helpers
        import google.auth.transport.grpc
        import google.auth.transport.requests
        import google.cloud.firestore
        import google.cloud.firestore_v1.vector
        import grpc
        from google.cloud.firestore_v1 import types
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return Api(
        grpc=grpc,
        messages={name: getattr(types, name).pb() for name in _MESSAGES},
        auth_request=google.auth.transport.requests.Request,
        auth_plugin=google.auth.transport.grpc.AuthMetadataPlugin,
        sdk=google.cloud.firestore,
        vector=google.cloud.firestore_v1.vector.Vector,
        datetime=google.api_core.datetime_helpers.DatetimeWithNanoseconds,
    )
''',
    "src/firestore/tdg_gateway_firestore_errors.py": '''\
"""What the server or the network answered, as our own error in words for a person.

Thread: worker only.
"""

from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

#: Names of google.rpc.Code, by number.
_STATUS = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip

_WORDS = {
    "unavailable": "Firestore cannot be reached ({action}). Check the network; it is tried again by itself.",
    "deadline": "Firestore did not answer in time ({action}). Check the network; it is tried again by itself.",
    "exhausted": "Firestore's quota is used up ({action}): {details} It is tried again by itself; see the usage page.",
    "aborted": "Firestore gave up because of other writes to the same data ({action}). It is tried again by itself.",
    "internal": "Firestore failed inside ({action}): {details} It is tried again by itself.",
    "unknown": "Firestore failed ({action}): {details} It is tried again by itself.",
    "credentials": "Google does not accept the credentials ({action}). Check that the key belongs to this project, is "
    "not deleted, and that this computer's clock is right.",
    "not_found": "Firestore does not find it ({action}): {details}",
    "exists": "It exists already ({action}): {details}",
    "precondition": "Firestore refuses because of the present state ({action}): {details}",
    "invalid": "Firestore refuses it as wrong ({action}): {details}",
}

_ROLE = "Cloud Datastore User"

#: The address at which a missing index is made is long.
_MAX_DETAILS = 1000


@dataclass(frozen=True)
class Errors:
    """Makes errors for one connection.

    Attributes:
        host: Where the server is.
        project_id: Whose database it is.
        database: Its id.
    """

    host: str
    project_id: str
    database: str

    def of_rpc(self, error: Any, action: str) -> CloudError:
        """From a `grpc.RpcError`.

        Args:
            error: With its `code()` and `details()`.
            action: What was being done, e.g. `writing 3 documents`.
        """
        code, details = tdg_core_errors.code_of_grpc(error.code().name), str(error.details() or "")
        if code in {"unavailable", "unknown"}:
            trouble = tdg_gateway_errors.rpc_trouble(details, self.host)
            if trouble is not None:
                return trouble
        return self.of(code, details, action)

    def of_status(self, status: Any, action: str) -> CloudError:
        """From a `google.rpc.Status`, as it stands inside a response."""
        name = _STATUS[status.code] if status.code < len(_STATUS) else "UNKNOWN"
        return self.of(tdg_core_errors.code_of_grpc(name), status.message, action)

    def of(self, code: str, details: str, action: str) -> CloudError:
        """The error of that code in words; `details` is what the server said."""
        if code == "permission":
            return tdg_gateway_errors.forbidden(details, f"the database {self.database}", _ROLE, self.project_id)
        text = " ".join(details.split())[:_MAX_DETAILS] or "no reason given"
        if text[-1] not in ".!?":
            text += "."
        return CloudError(code, _WORDS.get(code, _WORDS["unknown"]).format(action=action, details=text))
''',
    "src/firestore/tdg_gateway_firestore_listen.py": '''\
"""One Listen stream: targets go in, batches of plain events come out.

Thread: worker only.
"""

import queue
from collections.abc import Callable, Iterator
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_filters
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_spec
import tdg_gateway_firestore_errors

CloudError = tdg_core_errors.CloudError
Event = tdg_core_firestore_watch_events.Event
Spec = tdg_core_firestore_watch_spec.Spec
events = tdg_core_firestore_watch_events

#: Events in a batch; a smaller one is given as soon as it can mean anything.
BATCH = 200

_NANOS = 1_000_000_000


class ListenStream:
    """A bidirectional stream that is opened when its batches are first asked for.

    Args:
        open_call: Starts the RPC with an iterator of requests.
        request: The `ListenRequest` class.
        database: Resource name of the database.
        root: What the resource name of every document begins with.
        filters: Which documents and fields are let in.
        rpc_error: What the call raises.
        errors: Makes our own errors of it.
    """

    def __init__(
        self,
        open_call: Callable[[Iterator[Any]], Any],
        request: Any,
        database: str,
        root: str,
        filters: tdg_core_firestore_filters.Filters,
        rpc_error: type[Exception],
        errors: tdg_gateway_firestore_errors.Errors,
    ) -> None:
        self._open_call = open_call
        self._request = request
        self._database = database
        self._root = root
        self._filters = filters
        self._rpc_error = rpc_error
        self._errors = errors
        self._requests: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._call: Any = None
        self._cancelled = False

    def add(self, target_id: int, spec: Spec, token: bytes = b"", read_time: int = 0) -> None:
        """Starts listening to something under an id of one's own. Any thread, never blocks.

        Args:
            target_id: Positive, not in use on this stream.
            spec: What to listen to.
            token: Only changes since the state this token stands for; empty for everything.
            read_time: As `token`, by a time in nanoseconds since 1970; 0 for none.

        Raises:
            CloudError: `invalid` if a value of a condition cannot be asked for.
        """
        request = self._request(database=self._database)
        target = request.add_target
        target.target_id = target_id
        if token:
            target.resume_token = token
        elif read_time:
            target.read_time.seconds, target.read_time.nanos = divmod(read_time, _NANOS)
        if spec.doc_id:
            target.documents.documents.append(f"{self._root}{spec.collection}/{spec.doc_id}")
        else:
            _fill_query(target.query, spec, self._root)
        self._requests.put(request)

    def remove(self, target_id: int) -> None:
        """Stops listening to it. Any thread, never blocks."""
        self._requests.put(self._request(database=self._database, remove_target=target_id))

    def cancel(self) -> None:
        """Ends the stream. Idempotent, any thread."""
        self._cancelled = True
        self._requests.put(None)
        call = self._call
        if call is not None:
            call.cancel()

    def batches(self) -> Iterator[list[Event]]:
        """What the server says, in order, until the stream ends; a batch ends where something can become of it.

        Raises:
            CloudError: When the stream ends, whoever ended it.
        """
        batch: list[Event] = []
        try:
            self._call = self._open_call(iter(self._requests.get, None))
            if self._cancelled:
                self._call.cancel()
            for response in self._call:
                kind = response.WhichOneof("response_type")
                event = self._event(kind, response)
                if event is not None:
                    batch.append(event)
                if batch and (len(batch) >= BATCH or not kind.startswith("document")):
                    yield batch
                    batch = []
        except self._rpc_error as error:
            raise self._errors.of_rpc(error, "listening") from None
        except ValueError:  # the channel is closed
            raise self._errors.of("unavailable", "", "listening") from None
        finally:
            self.cancel()
        raise CloudError("unavailable", "Firestore ended the stream; it is opened again.")

    def _event(self, kind: str | None, response: Any) -> Event | None:
        if kind == "document_change":
            change = response.document_change
            ids, removed = tuple(change.target_ids), tuple(change.removed_target_ids)
            return events.document_change(change.document, self._root, self._filters, ids, removed)
        if kind in {"document_delete", "document_remove"}:
            gone = getattr(response, kind)
            return events.DocumentGone(gone.document.rpartition("/")[2], tuple(gone.removed_target_ids))
        if kind == "target_change":
            return self._target_change(response.target_change)
        if kind == "filter":
            return events.Size(response.filter.target_id, response.filter.count)
        return None  # something a newer server says

    def _target_change(self, change: Any) -> events.TargetChange:
        code = message = ""
        if change.HasField("cause") and change.cause.code:
            error = self._errors.of_status(change.cause, "listening")
            code, message = error.code, error.message
        read_time = events.nanos_of(change.read_time) if change.HasField("read_time") else 0
        return events.TargetChange(
            change.target_change_type, tuple(change.target_ids), change.resume_token, read_time, code, message
        )


def _fill_query(message: Any, spec: Spec, root: str) -> None:
    parent, _, collection_id = spec.collection.rpartition("/")
    message.parent = (root + parent).rstrip("/")
    query = message.structured_query
    query.from_.add().collection_id = collection_id
    if len(spec.where) == 1:
        _fill_filter(query.where, spec.where[0], root)
    elif spec.where:
        composite = query.where.composite_filter
        composite.op = composite.Operator.Value("AND")
        for condition in spec.where:
            _fill_filter(composite.filters.add(), condition, root)
    for field, direction in spec.order_by:
        order = query.order_by.add()
        order.field.field_path = field
        order.direction = query.Direction.Value(direction)
    if spec.limit:
        query.limit.value = spec.limit


def _fill_filter(message: Any, condition: tdg_core_firestore_watch_spec.Where, root: str) -> None:
    field, operator, value = condition
    if operator.startswith("IS_"):
        message.unary_filter.field.field_path = field
        message.unary_filter.op = message.unary_filter.Operator.Value(operator)
        return
    message.field_filter.field.field_path = field
    message.field_filter.op = message.field_filter.Operator.Value(operator)
    tdg_core_firestore_codec.fill_value(message.field_filter.value, value, root)
''',
    "src/firestore/tdg_gateway_firestore_values.py": '''\
"""Payload values as values of Google's client, for scripts that use it.

Thread: worker only.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_time
import tdg_gateway_firestore_api

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec


def deserialize_value(value: Any, client: Any) -> Any:
    """A payload value as the client takes it: markers become datetimes, references, GeoPoints, bytes, transforms.

    Args:
        value: Plain values and markers.
        client: A `google.cloud.firestore.Client`, which references belong to.

    Raises:
        CloudError: `invalid` for a marker that is wrong, `packages` if the client is not installed.
    """
    if isinstance(value, list):
        return [deserialize_value(item, client) for item in value]
    if not isinstance(value, dict):
        return value
    name = codec.marker_of(value)
    if not name:
        return {key: deserialize_value(item, client) for key, item in value.items()}
    try:
        return _from_marker(name, value, client)
    except (KeyError, TypeError, ValueError):
        raise CloudError("invalid", f"The {name} marker is wrong: {value!r}.") from None


def _from_marker(name: str, marker: dict[str, Any], client: Any) -> Any:
    api = tdg_gateway_firestore_api.load()
    sdk = api.sdk
    if name in {codec.SERVER_TIMESTAMP, codec.DELETE_FIELD}:
        return sdk.SERVER_TIMESTAMP if name == codec.SERVER_TIMESTAMP else sdk.DELETE_FIELD
    if name == codec.GEOPOINT:
        return sdk.GeoPoint(marker["latitude"], marker["longitude"])
    content = marker["value"]
    if name == codec.TIMESTAMP:
        return _moment(content)
    if name == codec.REFERENCE:
        return client.document(content)
    if name == codec.BYTES:
        return base64.b64decode(content, validate=True)
    if name == codec.DOUBLE:
        return float(content)
    if name == codec.MAP:
        return {key: deserialize_value(item, client) for key, item in content.items()}
    classes = {
        codec.VECTOR: api.vector,
        codec.INCREMENT: sdk.Increment,
        codec.ARRAY_UNION: sdk.ArrayUnion,
        codec.ARRAY_REMOVE: sdk.ArrayRemove,
    }
    return classes[name](deserialize_value(content, client))


def _moment(text: str) -> Any:
    """The client's own kind of datetime, which keeps nanoseconds."""
    seconds, nanos = tdg_core_firestore_codec_time.parse(text)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    return tdg_gateway_firestore_api.load().datetime(*moment.timetuple()[:6], nanosecond=nanos, tzinfo=UTC)
''',
    "src/firestore/tdg_gateway_firestore_write.py": '''\
"""Plain writes as messages of the Commit request.

Thread: worker only.
"""

from collections.abc import Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_codec_time
import tdg_core_firestore_codec_write
import tdg_core_firestore_names

CloudError = tdg_core_errors.CloudError
codec = tdg_core_firestore_codec
render = tdg_core_firestore_codec_path.render

#: DocumentTransform.FieldTransform.ServerValue of google.firestore.v1.
_REQUEST_TIME = 1


def fill_write(message: Any, write: Mapping[str, Any], root: str) -> None:
    """Puts a plain write (see `Gateway.commit`) into an empty `Write` message.

    Args:
        message: The `Write`.
        write: The plain form.
        root: `projects/<project>/databases/<database>/documents/`.

    Raises:
        CloudError: `invalid`, naming document and field.
    """
    path = f"{write['collection']}/{write['doc_id']}"
    try:
        problem = tdg_core_firestore_names.problem_of_document(path)
        if problem:
            raise CloudError("invalid", f"{problem}.")
        _fill(message, write, root + path, root)
    except CloudError as error:
        raise CloudError(error.code, f"{path} cannot be written: {error.message}") from None


def _fill(message: Any, write: Mapping[str, Any], name: str, root: str) -> None:
    op = write["op"]
    exists = None
    if op == tdg_core_firestore_codec_write.DELETE:
        message.delete = name
    else:
        data = write["data"]
        payload = codec.payload_of(data) if isinstance(data, str) else data
        plan = tdg_core_firestore_codec_write.plan(op, payload)
        exists = plan.exists
        message.update.name = name
        codec.fill_fields(message.update.fields, plan.fields, root)
        if plan.mask is not None:
            message.update_mask.SetInParent()  # an empty mask changes no field but still creates the document
            message.update_mask.field_paths.extend(sorted(map(render, plan.mask)))
        for path, transform, value in plan.transforms:
            _fill_transform(message.update_transforms.add(), path, transform, value, root)
    _fill_precondition(message.current_document, write.get("precondition") or {}, exists)


def _fill_precondition(message: Any, given: Mapping[str, Any], exists: bool | None) -> None:
    if "update_time" in given:
        try:
            seconds, nanos = tdg_core_firestore_codec_time.parse(given["update_time"])
        except ValueError as error:
            raise CloudError("invalid", f"The precondition is no update time: {error}.") from None
        message.update_time.seconds = seconds
        message.update_time.nanos = nanos
    elif given.get("exists", exists) is not None:
        message.exists = given.get("exists", exists)


def _fill_transform(message: Any, path: tuple[str, ...], transform: str, value: Any, root: str) -> None:
    message.field_path = render(path)
    if transform == codec.SERVER_TIMESTAMP:
        message.set_to_server_value = _REQUEST_TIME
    elif transform == codec.INCREMENT:
        codec.fill_value(message.increment, value, root, path)
    else:
        union = transform == codec.ARRAY_UNION
        array = message.append_missing_elements if union else message.remove_all_from_array
        array.SetInParent()
        for number, item in enumerate(value):
            codec.fill_value(array.values.add(), item, root, (*path, str(number)))
''',
    "src/firestore/tdg_td_firestore_outbound.py": '''\
"""Own writes on the main thread: checked, accepted, shown; later told how they ended.

Thread: main only.
"""

import datetime
import uuid
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_codec_sdk
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_td_callbacks
import tdg_td_firestore_queue
import tdg_td_firestore_sync
import tdg_td_firestore_view
import tdg_td_log

Write = tdg_core_firestore_messages.Write
messages = tdg_core_firestore_messages
writes = tdg_core_firestore_writes


class Outbound:
    """The way of a write from the call to the callback.

    Args:
        accept: Stores a request and hands it to the engine.
        queue: The queue as the main thread knows it.
        sync: The tables.
        callbacks, log: Where the user hears of it.
        session: Names this run of the component.
    """

    def __init__(
        self,
        accept: Callable[[tdg_core_messages.Message], None],
        queue: tdg_td_firestore_queue.QueueTables,
        sync: tdg_td_firestore_sync.Sync,
        callbacks: tdg_td_callbacks.Callbacks,
        log: tdg_td_log.Log,
        session: str,
    ) -> None:
        self._accept = accept
        self._queue = queue
        self._sync = sync
        self._callbacks = callbacks
        self._log = log
        self._session = session
        #: What the engine has told of writes and the user has not heard yet.
        self.results: deque[messages.Result] = deque()

    # Asking ----------------------------------------------------------------------------------------------------------

    def enqueue(self, collection: Any, doc_id: Any, op_type: Any, data: Any) -> str:
        """Queues one write and shows it; its queue id, empty if it can never run."""
        item = self._item(collection, doc_id, op_type, data)
        if item is None:
            return ""
        self.submit([item])
        return item.queue_id

    def batch(self, operations: Iterable[Any], atomic: bool) -> list[str]:
        """Queues several writes; see `FirestoreExt.PushBatch`."""
        name = str(uuid.uuid4()) if atomic else ""
        items = [self._operation(one, name) for one in operations]
        if atomic:
            problem = writes.problem_of_batch(
                [None if item is None else (item.op_type, item.payload) for item in items]
            )
            if problem:
                self.refuse(problem)
                items = [None] * len(items)
        self.submit([item for item in items if item is not None])
        return ["" if item is None else item.queue_id for item in items]

    def submit(self, items: list[Write]) -> None:
        """Accepts writes: on disk first, then shown."""
        if not items:
            return
        self._accept(messages.Writes(items, self._session))
        for item in items:
            row = messages.QueueRow(*item[:6])
            self._queue.add(row)
            self._sync.queued(row)

    def send_edit(self, view: tdg_td_firestore_view.View, doc_id: str) -> None:
        """Sends what was typed into a row; what cannot be sent stays dirty."""
        edit = self._sync.edited_write(view, doc_id)
        if edit is None:
            return
        item = self._item(view.spec.collection, doc_id, edit.op_type, edit.data)
        if item is not None:
            view.sent(doc_id)
            self.submit([item])

    def refuse(self, problem: str) -> None:
        """Tells that something was asked that can never run."""
        self._log.error(f"Refused: {problem}")

    def _operation(self, one: Any, batch: str) -> Write | None:
        if not isinstance(one, Mapping):
            self.refuse(f"an operation is a dict, not {one!r}")
            return None
        return self._item(one.get("collection"), one.get("doc_id"), one.get("op_type"), one.get("payload"), batch)

    def _item(self, collection: Any, doc_id: Any, op_type: Any, data: Any, batch: str = "") -> Write | None:
        problem = (
            tdg_core_firestore_names.problem_of_collection(collection)
            or tdg_core_firestore_names.problem_of_id(doc_id)
            or writes.problem_of(collection, doc_id, op_type, data)
        )
        if problem:
            self.refuse(problem)
            return None
        try:
            payload = {} if op_type == writes.DELETE else tdg_core_firestore_codec_sdk.serialize_payload(data)
            text = tdg_core_firestore_codec.text_of(payload)
        except tdg_core_errors.CloudError as error:
            self.refuse(f"{collection}/{doc_id}: {error.message}")
            return None
        return Write(str(uuid.uuid4()), collection, doc_id, op_type, text, _now_text(), batch)

    # The queue -------------------------------------------------------------------------------------------------------

    def remove(self, queue_id: str) -> None:
        """Takes a write out of the queue; its row shows the server's version again."""
        row = self._queue.remove(queue_id)
        if row is not None:
            self._accept(messages.RemoveQueued([queue_id]))
            self._sync.dropped(row)

    def record_retry(self, queue_id: str, error: str) -> None:
        """Counts a failure of a queued write."""
        row = self._queue.get(queue_id)
        if row is not None:
            self._accept(messages.RecordRetry(queue_id, error))
            self._queue.add(row._replace(retry_count=row.retry_count + 1, last_error=error))

    def clear(self) -> None:
        """Discards all queued writes."""
        self._accept(messages.ClearQueue())
        self._queue.clear()
        self._sync.forget_writes()

    def retry_dead(self) -> None:
        """Puts the dead letters at the end of the queue again."""
        self._accept(messages.RetryDead(self._queue.dead_ids()))
        for row in self._queue.revive():
            self._sync.queued(row)

    def clear_dead(self) -> None:
        """Forgets the dead letters."""
        self._accept(messages.ClearDead(self._queue.dead_ids()))
        self._queue.clear_dead()

    # Hearing ---------------------------------------------------------------------------------------------------------

    def loaded(self, event: messages.QueueLoaded) -> None:
        """Writes of a former run were found."""
        rows = self._queue.load([messages.QueueRow(*row) for row in event.rows], event.dead)
        if rows and not event.dead:
            self._sync.loaded()

    def received(self, event: messages.WriteResults) -> None:
        """The engine tells how writes ended; taken one by one within the frames' budgets."""
        self.results.extend(messages.Result(*item) for item in event.items)

    def take_result(self) -> bool:
        """Takes in how one write ended and tells the user; False when there is none."""
        if not self.results:
            return False
        result = self.results.popleft()
        self._queue.settle(result)
        self._sync.settled(result)
        if result.outcome == messages.SUPERSEDED:
            return True
        if result.outcome == messages.DEAD:
            self._log.error(f"{result.collection}/{result.doc_id} is in dead_letters: {result.error}")
        function = self._callbacks.find("onWriteComplete")
        if function is not None:
            success = result.outcome == messages.CONFIRMED
            for _ in range(1 if result.outcome == messages.FAILED else 1 + result.covers):
                function(result.collection, result.doc_id, success, result.error)
        return True


def _now_text() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
''',
    "src/firestore/tdg_td_firestore_queue.py": '''\
"""The write queue as the main thread knows it, and the two tables that show it.

Thread: main only.

What a method has queued is here at once; what the engine tells follows. The tables follow once per frame.
"""

import itertools
from typing import Any, NamedTuple

import tdg_core_firestore_messages
import tdg_td_tables

QueueRow = tdg_core_firestore_messages.QueueRow
Result = tdg_core_firestore_messages.Result


class PendingRow(NamedTuple):
    """The documented columns of `write_queue`."""

    queue_id: str
    collection: str
    doc_id: str
    op_type: str
    payload: str
    queued_at: str
    retry_count: int
    last_error: str


QUEUE_COLUMNS = PendingRow._fields
DEAD_COLUMNS = QueueRow._fields

#: Rows written to a table in one go.
_SLICE = 64


class _Mirror:
    """Rows by queue id, oldest first, and the table that shows them."""

    def __init__(self, dat: Any, columns: tuple[str, ...]) -> None:
        self.rows: dict[str, QueueRow] = {}
        self._table = tdg_td_tables.KeyedTable(dat, columns)
        self._table.reset()
        self._width = len(columns)
        #: Rows of a former run: older than all that was added here.
        self._loaded: set[str] = set()
        self._changed: dict[str, None] = {}

    def put(self, row: QueueRow) -> None:
        """Adds or changes a row."""
        self.rows[row.queue_id] = row
        self._changed[row.queue_id] = None

    def remove(self, queue_id: str) -> QueueRow | None:
        """Takes a row out."""
        row = self.rows.pop(queue_id, None)
        if row is not None:
            self._changed[queue_id] = None
        return row

    def load(self, rows: list[QueueRow]) -> list[QueueRow]:
        """Adds rows of a former run before all newer ones; returns those that were not here."""
        new = [row for row in rows if row.queue_id not in self.rows]
        last = next(reversed(self.rows), None)
        if last is None or last in self._loaded:
            for row in new:
                self.put(row)
        else:
            newer = {queue_id: row for queue_id, row in self.rows.items() if queue_id not in self._loaded}
            older = {queue_id: row for queue_id, row in self.rows.items() if queue_id in self._loaded}
            self.rows = {**older, **{row.queue_id: row for row in new}, **newer}
            self.blank()
        self._loaded.update(row.queue_id for row in new)
        return new

    def clear(self) -> None:
        """No rows any more."""
        self.rows.clear()
        self._loaded.clear()
        self.blank()

    def blank(self) -> None:
        """Empties the table, not the rows; `flush` fills it again."""
        self._table.reset()
        self._changed = dict.fromkeys(self.rows)

    def flush(self) -> bool:
        """Writes a slice of what has changed into the table; False when nothing had."""
        if not self._changed:
            return False
        ids = list(itertools.islice(self._changed, _SLICE))
        for queue_id in ids:
            del self._changed[queue_id]
        self._table.remove(queue_id for queue_id in ids if queue_id not in self.rows)
        self._table.put(self._cells(self.rows[queue_id]) for queue_id in ids if queue_id in self.rows)
        return True

    def _cells(self, row: QueueRow) -> tdg_td_tables.Row:
        return tuple(map(tdg_td_tables.text, row[: self._width]))


class QueueTables:
    """`write_queue_dat` and `dead_letters`.

    Args:
        comp: The component.
    """

    def __init__(self, comp: Any) -> None:
        self._queue = _Mirror(comp.op("write_queue_dat"), QUEUE_COLUMNS)
        self._dead = _Mirror(comp.op("dead_letters"), DEAD_COLUMNS)

    def __len__(self) -> int:
        return len(self._queue.rows)

    def get(self, queue_id: str) -> QueueRow | None:
        """A queued write."""
        return self._queue.rows.get(queue_id)

    def rows(self) -> list[QueueRow]:
        """The queued writes, oldest first."""
        return list(self._queue.rows.values())

    def pending(self) -> list[PendingRow]:
        """The documented columns of the queued writes, oldest first."""
        return [PendingRow(*row[:8]) for row in self._queue.rows.values()]

    def of(self, collection: str) -> list[QueueRow]:
        """The queued writes of one collection, oldest first."""
        return [row for row in self._queue.rows.values() if row.collection == collection]

    def dead_ids(self) -> list[str]:
        """The ids of the dead letters, oldest first."""
        return list(self._dead.rows)

    def add(self, row: QueueRow) -> None:
        """A write that was queued just now, or one that has changed."""
        self._queue.put(row)

    def load(self, rows: list[QueueRow], dead: bool) -> list[QueueRow]:
        """Rows of a former run; returns those that are new here."""
        return (self._dead if dead else self._queue).load(rows)

    def remove(self, queue_id: str) -> QueueRow | None:
        """A write that is not queued any more."""
        return self._queue.remove(queue_id)

    def settle(self, result: Result) -> QueueRow | None:
        """Takes in what became of a write; returns its row if it was known."""
        if result.outcome == tdg_core_firestore_messages.FAILED:
            row = self._queue.rows.get(result.queue_id)
            if row is not None:
                self._queue.put(row._replace(retry_count=result.retry_count, last_error=result.error))
            return row
        row = self._queue.remove(result.queue_id)
        if row is not None and result.outcome == tdg_core_firestore_messages.DEAD:
            self._dead.put(
                row._replace(retry_count=result.retry_count, last_error=result.error, failed_at=result.failed_at)
            )
        return row

    def revive(self) -> list[QueueRow]:
        """The dead letters are queued again; returns them."""
        rows = [row._replace(retry_count=0, last_error="", failed_at="") for row in self._dead.rows.values()]
        self._dead.clear()
        for row in rows:
            self._queue.put(row)
        return rows

    def clear(self) -> None:
        """Nothing is queued any more."""
        self._queue.clear()

    def clear_dead(self) -> None:
        """There are no dead letters any more."""
        self._dead.clear()

    def blank(self) -> None:
        """Empties the tables for a save; they fill again with the next frames."""
        self._queue.blank()
        self._dead.blank()

    def flush(self) -> bool:
        """Writes a slice of what has changed into the tables; False when nothing had."""
        return self._queue.flush() or self._dead.flush()
''',
    "src/firestore/tdg_td_firestore_sync.py": '''\
"""The tables and the server brought together: what comes in, what was written here, what was typed.

Thread: main only.
"""

import datetime
import json
from collections import deque
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_names
import tdg_core_firestore_rows
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_td_firestore_queue
import tdg_td_firestore_view
import tdg_td_firestore_views
import tdg_td_log

Change = tdg_td_firestore_view.Change
EditedWrite = tdg_td_firestore_view.EditedWrite
QueueRow = tdg_core_firestore_messages.QueueRow
Settings = tdg_core_firestore_settings.FirestoreSettings
Spec = tdg_core_firestore_watch_spec.Spec
View = tdg_td_firestore_view.View
inbound = tdg_core_firestore_inbound
messages = tdg_core_firestore_messages

#: Sends a request to the engine.
Submit = Callable[[Any], None]


class Sync:
    """What is watched, with everything that changes it.

    Args:
        comp: The component.
        submit: Sends a request to the engine.
        queue: The queued writes; they lie over what the server has.
        settings: What the component is set to.
        log: Told of edits that cannot be sent.
    """

    def __init__(
        self,
        comp: Any,
        submit: Submit,
        queue: tdg_td_firestore_queue.QueueTables,
        settings: Settings,
        log: tdg_td_log.Log,
    ) -> None:
        self._submit = submit
        self._queue = queue
        self._settings = settings
        self._log = log
        self.views = tdg_td_firestore_views.Views(comp)
        self.views.empty()
        #: Collections that the parameter or discovery wants watched and that wait for their operators.
        self._to_open: dict[str, Spec] = {}
        #: What a script asked for, and what it does not want: reconciling leaves both alone.
        self._asked: set[str] = set()
        self._unwanted: set[str] = set()
        #: Views with something to write into their tables.
        self._busy: dict[str, View] = {}
        #: Changes whose callback is still to be called.
        self.changes: deque[Change] = deque()
        self._edited: dict[str, View] = {}

    # What is watched -------------------------------------------------------------------------------------------------

    def begin(self) -> None:
        """A fresh engine knows nothing: tells it what is watched, and what the parameter asks for."""
        for view in self.views:
            self._listen(view, hydrate=False)
        self.reconcile()

    def reconcile(self) -> None:
        """Watches what *Collections* names; without names the engine is asked what there is."""
        self._submit(messages.Discover(on=self._settings.discovers))
        if self._settings.discovers:
            return
        wanted = {}
        for path in self._settings.collections:
            spec = self._collection(path)
            if spec is not None:
                wanted[spec.collection] = spec
        self._want(wanted)
        for view in self.views:
            if view.name not in wanted and view.name not in self._asked:
                self.close(view.name)
        if not self._to_open:
            self.views.drop_former()

    def discovered(self, event: messages.Discovered) -> None:
        """There are these collections; those that are gone keep their tables, which the server empties."""
        if not self._settings.discovers:
            return
        self._want({path: Spec(path) for path in event.collections})
        if not event.cached and not self._to_open:
            self.views.drop_former()

    def _want(self, wanted: dict[str, Spec]) -> None:
        self._to_open = {
            path: spec for path, spec in wanted.items() if self.views.get(path) is None and path not in self._unwanted
        }

    def open_next(self) -> bool:
        """Makes the operators of one collection that waits for them; False when none does."""
        if not self._to_open:
            return False
        path = next(iter(self._to_open))
        self.open(path, self._to_open.pop(path))
        if not self._to_open:
            self.views.drop_former()
        return True

    def open(self, name: str, spec: Spec, asked: bool = False) -> None:
        """Watches something under a name; the same again changes nothing, another spec replaces the former."""
        if asked:
            self._asked.add(name)
            self._unwanted.discard(name)
        self._to_open.pop(name, None)
        view = self.views.get(name)
        if view is not None and view.spec == spec:
            return
        if view is not None:
            self.close(name)
        view = self.views.open(name, spec, self._settings.filters, self._settings.expand_fields)
        for row in self._queue.of(spec.collection):
            view.write(row.doc_id, _pending(row))
        self._listen(view, hydrate=self._settings.hydrate)

    def unwatch(self, name: str) -> bool:
        """A script wants this no longer watched; whether it was."""
        self._unwanted.add(name)
        return self.close(name)

    def close(self, name: str) -> bool:
        """Stops watching and takes the operators away; whether it was watched."""
        self._asked.discard(name)
        waiting = self._to_open.pop(name, None)
        view = self.views.get(name)
        if view is None:
            return waiting is not None
        self._busy.pop(name, None)
        self._edited.pop(name, None)
        self._submit(inbound.Unwatch(name))
        self.views.close(name)
        return True

    def _listen(self, view: View, hydrate: bool) -> None:
        if hydrate and (view.spec.whole or view.spec.doc_id):
            self._submit(messages.Hydrate(view.name, view.spec.collection, view.spec.doc_id))
        if self._settings.listen:
            known = list(view.table.shadow)
            self._submit(inbound.Watch(view.name, view.spec.as_plain(), known))

    def _collection(self, path: str) -> Spec | None:
        try:
            return tdg_core_firestore_watch_spec.collection(path)
        except tdg_core_errors.CloudError as error:
            self._log.error(f"Collections: {error.message}")
            return None

    def set_settings(self, settings: Settings) -> None:
        """Other settings are in force."""
        former, self._settings = self._settings, settings
        for view in self.views:
            view.set_filters(settings.filters)
            view.set_fields(settings.expand_fields)
        if former.listen and not settings.listen:
            for view in self.views:
                self._submit(inbound.Unwatch(view.name))
        elif settings.listen and not former.listen:
            for view in self.views:
                self._listen(view, hydrate=False)
        if settings.collections != former.collections:
            self._unwanted.clear()
            self.reconcile()

    def start_over(self) -> None:
        """Everything shown is forgotten; what is watched stays watched (the user's Reset)."""
        self.changes.clear()
        self._busy.clear()
        self._edited.clear()
        for view in list(self.views):
            self._submit(inbound.Unwatch(view.name))
            renewed = self.views.renew(view)
            self._listen(renewed, hydrate=False)

    # From the engine -------------------------------------------------------------------------------------------------

    def received(self, event: inbound.DocumentsChanged) -> None:
        """The server, or the cache, has told documents; they are written within the next frames' budgets."""
        view = self.views.get(event.name)
        if view is not None:
            view.receive((doc_id, payload, version) for doc_id, _, payload, version in event.changes)
            self._busy[view.name] = view

    def waiting(self) -> list[tuple[str, str]]:
        """View name and document id of what was received and is not written yet."""
        return [(view.name, doc_id) for view in self._busy.values() for doc_id in view.inbox]

    def apply_next(self) -> bool:
        """Writes a slice of what was received; False when there is nothing to write."""
        if not self._busy:
            return False
        name = next(iter(self._busy))
        view = self._mended(self._busy.pop(name))
        self.changes += view.apply(_now_text())
        if view.inbox:
            self._busy[name] = view  # behind the others
        return True

    def queued(self, row: QueueRow) -> None:
        """An own write was queued: it shows at once."""
        for view in self.views.of(row.collection):
            self._mended(view).write(row.doc_id, _pending(row))

    def loaded(self) -> None:
        """Writes of a former run were found, which are older than those of this one: all are laid over anew."""
        rows = self._queue.rows()
        for view in self.views:
            view.forget_writes()
        for row in rows:
            self.queued(row)

    def settled(self, result: messages.Result) -> None:
        """An own write has ended."""
        confirmed = result.outcome == messages.CONFIRMED
        for view in map(self._mended, self.views.of(result.collection)):
            if confirmed:
                view.confirm(result.doc_id, result.queue_id, result.version, _now_text())
            elif result.outcome != messages.FAILED:
                view.drop(result.doc_id, result.queue_id)

    def dropped(self, row: QueueRow) -> None:
        """A queued write was taken back here."""
        for view in map(self._mended, self.views.of(row.collection)):
            view.drop(row.doc_id, row.queue_id)

    def forget_writes(self) -> None:
        """No own write is queued any more."""
        for view in map(self._mended, self.views):
            view.forget_writes()

    # Reading ---------------------------------------------------------------------------------------------------------

    def document(self, collection: str, doc_id: str) -> dict[str, Any] | None:
        """A document as its table shows it; the last valid payload while a row holds text that is none."""
        for view in map(self._mended, self.views.of(collection)):
            if doc_id in view.table:
                return _payload(view, doc_id)
        return None

    def collection(self, name: str) -> list[dict[str, Any]]:
        """All documents that a table shows, each with its `_doc_id`."""
        view = self.views.get(name)
        if view is None:
            return []
        view = self._mended(view)
        found = ((doc_id, _payload(view, doc_id)) for doc_id in view.table.shadow)
        return [{**payload, "_doc_id": doc_id} for doc_id, payload in found if payload is not None]

    # Edits by hand ---------------------------------------------------------------------------------------------------

    def edited(self, dat: Any, rows: list[int] | None) -> None:
        """A watcher tells that a table was edited; looked at in the next frame."""
        view = self.views.of_dat(dat)
        if view is not None:
            view.touch(rows)
            self._edited[view.name] = view

    def take_edits(self) -> None:
        """Looks at the tables that watchers have told of."""
        edited, self._edited = self._edited, {}
        for view in map(self._mended, edited.values()):
            view.take_edits()

    def due_edits(self, now: float) -> list[tuple[View, str]]:
        """Edited documents whose debounce is over."""
        keys = [key for key, at in self.views.due.items() if at <= now]
        return [(view, doc_id) for name, doc_id in keys if (view := self.views.get(name)) is not None]

    def all_edits(self) -> list[tuple[View, str]]:
        """Every edited document that is not sent, told of or not."""
        views = list(map(self._mended, self.views))
        for view in views:
            view.take_all_edits()
        return [(view, doc_id) for view in views for doc_id in view.documents.unsent_ids()]

    def edited_write(self, view: View, doc_id: str) -> EditedWrite | None:
        """The write that an edit asks for; None, and a warning, if it cannot be sent. It stays dirty then."""
        self.views.due.pop((view.name, doc_id), None)
        problem = tdg_core_firestore_names.problem_of_id(doc_id)
        try:
            write = view.edited_write(doc_id)
        except tdg_core_errors.CloudError as error:
            problem, write = problem or error.message, None
        if problem:
            self._log.warning(f"{view.name}/{doc_id} was edited and is not sent: {problem}")
            return None
        if write is not None and not write.op_type:
            view.discard_edit(doc_id)
            return None
        return write

    # A save ----------------------------------------------------------------------------------------------------------

    def blank(self) -> None:
        """Empties the tables for a save; `refill` undoes it in the same frame."""
        for view in map(self._mended, self.views):
            view.take_all_edits()
            view.dat.clear()

    def refill(self) -> None:
        """Shows again what `blank` took away."""
        for view in self.views:
            view.refill()

    def _mended(self, view: View) -> View:
        """The view, its operators made anew if somebody has deleted them."""
        renewed = self.views.mend(view)
        if renewed is None:
            return view
        self._log.warning(f"The table of {view.name} was deleted by hand and is made again; use UnwatchCollection.")
        if view.name in self._busy:
            self._busy[view.name] = renewed
        return renewed


def _pending(row: QueueRow) -> tdg_core_firestore_rows.Pending:
    return tdg_core_firestore_rows.Pending(row.queue_id, row.op_type, row.payload, row.queued_at)


def _payload(view: View, doc_id: str) -> dict[str, Any] | None:
    """What the cell says now; what was there before while it is no JSON object."""
    unsent = view.documents.unsent(doc_id)
    for text in (view.table.text(doc_id), view.table.shadow[doc_id][1], unsent[1] if unsent else None):
        try:
            payload = json.loads(text or "")
        except ValueError:
            continue
        if isinstance(payload, dict):
            return payload
    return None


def _now_text() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
''',
    "src/firestore/tdg_td_firestore_table.py": '''\
"""The table of a watched collection, which its user may edit as well.

Thread: main only.

What a person or a script did to the table is told by value: a cell that differs from the shadow was not written by
this component, whenever TouchDesigner says so.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import tdg_core_firestore_rows
import tdg_td_tables

Shown = tdg_core_firestore_rows.Shown
Row = tdg_td_tables.Row

COLUMNS = ("doc_id", "payload", "_version", "_synced_at", "_dirty")

_PAYLOAD = 1


@dataclass
class Edits:
    """What was done to a table by hand.

    Attributes:
        typed: New payload text by document id, for rows that are known.
        added: Payload text by document id, for rows that are not.
        deleted: Ids of rows that are gone.
    """

    typed: dict[str, str] = field(default_factory=dict)
    added: dict[str, str] = field(default_factory=dict)
    deleted: list[str] = field(default_factory=list)


class CollectionTable(tdg_td_tables.KeyedTable):
    """The documents of one collection, one row each.

    Args:
        dat: The table DAT.
        fields: Names of the fields with a column of their own.
    """

    def __init__(self, dat: Any, fields: Sequence[str]) -> None:
        self.fields = tuple(fields)
        super().__init__(dat, (*COLUMNS, *(name for name in fields if name not in COLUMNS)))
        self._extra = self.header[len(COLUMNS) :]

    def shown(self, doc_id: str) -> Shown:
        """What the table shows of a document, as far as this component has written it."""
        row = self.shadow.get(doc_id)
        if row is None:
            return tdg_core_firestore_rows.ABSENT
        return Shown(row[1], row[2], row[4] == "1")

    def show(self, documents: dict[str, Shown], synced_at: str | None) -> None:
        """Makes the table show these documents.

        Args:
            documents: By id; a payload None takes the row away.
            synced_at: When the server said so; None leaves the column as it is.
        """
        rows = []
        for doc_id, (payload, version, dirty) in documents.items():
            if payload is None:
                continue
            synced = synced_at
            if synced is None:
                former = self.shadow.get(doc_id)
                synced = former[3] if former is not None else ""
            row: Row = (doc_id, payload, version, synced, "1" if dirty else "0")
            rows.append(row + self._expanded(payload) if self._extra else row)
        self.put(rows)
        self.remove(doc_id for doc_id, shown in documents.items() if shown.payload is None)

    def take_over(self, former: "CollectionTable") -> None:
        """Shows what another table shows, with its own columns."""
        by_time: dict[str, dict[str, Shown]] = {}
        for doc_id, row in former.shadow.items():
            by_time.setdefault(row[3], {})[doc_id] = former.shown(doc_id)
        for synced_at, documents in by_time.items():
            self.show(documents, synced_at)

    def text(self, doc_id: str) -> str | None:
        """The text in a row's payload cell right now; None when there is no such row where it should be."""
        if doc_id not in self:
            return None
        row = self._row(doc_id)
        key, cell = self.dat[row, 0], self.dat[row, _PAYLOAD]
        return cell.val if key is not None and cell is not None and key.val == doc_id else None

    def inspect(self, rows: Iterable[int] | None) -> Edits:
        """Finds what was edited by hand; afterwards the table is whole again and shows the edits' text.

        Args:
            rows: Where to look (row numbers as TouchDesigner tells them); None looks everywhere.
        """
        if rows is None or self.dat.numRows != len(self) + 1 or self.dat.numCols != len(self.header):
            return self._survey()
        edits = Edits()
        for number in rows:
            if number == 0 or not self._inspect_row(number, edits):
                return self._survey()
        return edits

    def _inspect_row(self, number: int, edits: Edits) -> bool:
        """Looks at one row; False when it is not the row that belongs there."""
        key = self.dat[number, 0]
        known = None if key is None else self.shadow.get(key.val)
        if key is None or known is None or self._row(key.val) != number:
            return False
        cells = [self.dat[number, column] for column in range(1, len(known))]
        found = (known[0], *("" if cell is None else cell.val for cell in cells))
        if found == known:
            return True
        if found[_PAYLOAD] != known[_PAYLOAD]:
            edits.typed[known[0]] = found[_PAYLOAD]
        else:  # the other columns are ours
            self.dat.replaceRow(number, list(known))
        return True

    def _survey(self) -> Edits:
        """Compares the whole table and writes it anew if more than payloads differ."""
        width = len(self.header)
        found = self._contents()
        expected = [self.header, *self.shadow.values()]
        edits = Edits()
        if found == expected:
            return edits
        seen: dict[str, str] = {}
        for row in found:
            doc_id, payload = row[0], row[_PAYLOAD] if len(row) > 1 else ""
            # The header may have been sorted among the rows; a copied row counts by its first one.
            if doc_id and doc_id not in seen and row[:2] != self.header[:2]:
                seen[doc_id] = payload
        for doc_id, payload in seen.items():
            if doc_id not in self:
                edits.added[doc_id] = payload
            elif payload != self.shadow[doc_id][_PAYLOAD]:
                edits.typed[doc_id] = payload
        edits.deleted = [doc_id for doc_id in self.shadow if doc_id not in seen]
        payloads_only = len(found) == len(expected) and all(
            len(row) == width and (row[0], *row[2:]) == (known[0], *known[2:])
            for row, known in zip(found, expected, strict=True)
        )
        if not payloads_only:
            self.restore()
        return edits

    def _contents(self) -> list[Row]:
        """All rows as text, column by column: a call into TouchDesigner for each cell would cost a frame."""
        columns = [self.dat.col(number, val=True) for number in range(self.dat.numCols)]
        return list(zip(*columns, strict=True)) if all(columns) else []

    def _expanded(self, payload: str) -> Row:
        try:
            fields = json.loads(payload)
        except ValueError:  # typed by hand and not put right yet
            fields = None
        if not isinstance(fields, dict):
            return ("",) * len(self._extra)
        return tuple(_plain(fields.get(name)) for name in self._extra)


def _plain(value: Any) -> str:
    """A field as a cell of its own: text as it is, marker values bare, the rest as JSON."""
    if isinstance(value, dict) and isinstance(value.get("value"), (str, int, float)) and "__type" in value:
        value = value["value"]
    if isinstance(value, (dict, list)):
        return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return tdg_td_tables.text(value)
''',
    "src/firestore/tdg_td_firestore_view.py": '''\
"""One thing that is watched, with its table and what is not confirmed of it.

Thread: main only.
"""

import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import tdg_core_firestore_codec
import tdg_core_firestore_codec_path
import tdg_core_firestore_filters
import tdg_core_firestore_rows
import tdg_core_firestore_watch_spec
import tdg_core_firestore_writes
import tdg_td_firestore_table

Shown = tdg_core_firestore_rows.Shown
codec = tdg_core_firestore_codec
writes = tdg_core_firestore_writes

#: Seconds after the last edit of a payload before it is sent.
DEBOUNCE_S = 0.5

#: Documents written to a table in one go; the budget is looked at between two goes.
SLICE = 32


class Change(NamedTuple):
    """A row that has changed by something else than an own write; `payload` is None for one that is gone."""

    collection: str
    doc_id: str
    change_type: str
    payload: str | None


class EditedWrite(NamedTuple):
    """The write that an edit by hand asks for."""

    doc_id: str
    op_type: str
    data: dict[str, Any]


class View:
    """A watched collection, query or document.

    Args:
        name: What it is watched as: a collection's path, a query's name, a document's path.
        spec: What it shows.
        dat: Its table.
        watcher: The DAT Execute that tells of edits.
        filters: Which documents and fields it shows.
        fields: Names of the fields with a column of their own.
        due: When the edit of a document is to be sent (monotonic seconds), by view name and document id; of all views.
    """

    def __init__(
        self,
        name: str,
        spec: tdg_core_firestore_watch_spec.Spec,
        dat: Any,
        watcher: Any,
        filters: tdg_core_firestore_filters.Filters,
        fields: tuple[str, ...],
        due: dict[tuple[str, str], float],
    ) -> None:
        self.name = name
        self.spec = spec
        self.dat = dat
        self.watcher = watcher
        self.path = dat.path
        #: What callbacks name it: the collection, or the query's name.
        self.label = spec.collection if spec.whole or spec.doc_id else name
        self.table = tdg_td_firestore_table.CollectionTable(dat, fields)
        self.table.reset()
        self.documents = tdg_core_firestore_rows.Documents(partial=not (spec.whole or spec.doc_id))
        #: Changes of the server that the table does not show yet: payload and version by document id.
        self.inbox: dict[str, tuple[str | None, str]] = {}
        self._due = due
        #: A field filter was in force: a row may lack fields, so an edit is never sent as a whole document.
        self._patches = False
        self._touched: set[int] | None = set()
        self.filters = filters
        self.set_filters(filters)

    def set_filters(self, filters: tdg_core_firestore_filters.Filters) -> None:
        """Other filters are in force for what comes from now on."""
        self.filters = filters
        self._patches = self._patches or filters.hides_fields
        self.documents.visible = filters.shown if filters.hides_fields else None

    def set_fields(self, fields: tuple[str, ...]) -> None:
        """Other fields have columns of their own."""
        former = self.table
        if former.fields != fields:
            self.table = tdg_td_firestore_table.CollectionTable(self.dat, fields)
            self.table.reset()
            self.table.take_over(former)

    def adopt(self, former: "View") -> None:
        """Goes on where another view of the same thing was, whose table is lost."""
        self.documents, self.inbox = former.documents, former.inbox
        self._patches = former._patches
        self.table.take_over(former.table)

    def refill(self) -> None:
        """Shows everything again after the table was emptied on purpose (a save)."""
        self.table.restore()

    # From the server -------------------------------------------------------------------------------------------------

    def receive(self, changes: Iterable[tuple[str, str | None, str]]) -> None:
        """Takes changes (document id, payload or None, version); the newest per document counts."""
        for doc_id, payload, version in changes:
            self.inbox[doc_id] = (payload, version)

    def apply(self, now_text: str) -> list[Change]:
        """Writes a slice of what was received into the table; returns what has changed by it."""
        items = [(doc_id, self.inbox.pop(doc_id)) for doc_id, _ in zip(list(self.inbox), range(SLICE), strict=False)]
        return self._apply(items, now_text)

    def _apply(self, items: list[tuple[str, tuple[str | None, str]]], now_text: str) -> list[Change]:
        table, documents = self.table, self.documents
        self._take_typed(doc_id for doc_id, _ in items if doc_id in table)
        changes = []
        shown: dict[str, Shown] = {}
        for doc_id, (payload, version) in items:
            before = table.shown(doc_id)
            after = documents.remote(doc_id, before, payload, version)
            if after == before:
                continue
            shown[doc_id] = after
            if after.payload != before.payload:
                kind = "removed" if after.payload is None else "added" if before.payload is None else "modified"
                changes.append(Change(self.label, doc_id, kind, after.payload))
        if shown:
            table.show(shown, now_text)
        return changes

    # Own writes ------------------------------------------------------------------------------------------------------

    def concerns(self, doc_id: str) -> bool:
        """Whether an own write to that document shows here: it passes the filters, or its row is here already."""
        if self.spec.doc_id:
            return doc_id == self.spec.doc_id
        if self.spec.whole:
            return self.filters.admits(doc_id)
        return doc_id in self.table

    def write(self, doc_id: str, pending: tdg_core_firestore_rows.Pending) -> None:
        """Shows an own write that was queued just now."""
        if self.concerns(doc_id):
            self._take_typed([doc_id])
            self._show(doc_id, self.documents.write(doc_id, self.table.shown(doc_id), pending))

    def confirm(self, doc_id: str, queue_id: str, version: str, now_text: str) -> None:
        """The server has carried out an own write."""
        before = self.table.shown(doc_id)
        self._show(doc_id, self.documents.confirm(doc_id, before, queue_id, version), now_text)

    def drop(self, doc_id: str, queue_id: str) -> None:
        """An own write will never reach the server: the row shows the server's version again."""
        self._show(doc_id, self.documents.drop(doc_id, self.table.shown(doc_id), queue_id))

    def forget_writes(self) -> None:
        """No own write is queued any more."""
        self.table.show(self.documents.forget_writes(), None)

    def _show(self, doc_id: str, shown: Shown, now_text: str | None = None) -> None:
        if shown != self.table.shown(doc_id):
            self.table.show({doc_id: shown}, now_text)

    # Edits by hand ---------------------------------------------------------------------------------------------------

    def touch(self, rows: list[int] | None) -> None:
        """The watcher tells that these rows, or who knows which, may have been edited. Looked at with `take_edits`."""
        if rows is None or self._touched is None:
            self._touched = None
        else:
            self._touched.update(rows)

    def take_edits(self) -> None:
        """Looks for edits where the watcher told of some."""
        rows, self._touched = self._touched, set()
        if rows is None or rows:
            self._take(self.table.inspect(rows))

    def take_all_edits(self) -> None:
        """Looks for edits everywhere, told of or not."""
        self._touched = set()
        self._take(self.table.inspect(None))

    def _take(self, edits: tdg_td_firestore_table.Edits) -> None:
        for doc_id, text in (edits.typed | edits.added).items():
            self._type(doc_id, text)
        for doc_id in edits.deleted:
            self._undo(doc_id)

    def _take_typed(self, doc_ids: Iterable[str]) -> None:
        """Before rows are written: takes what was typed into them and not told yet."""
        for doc_id in doc_ids:
            row = self.table.shadow.get(doc_id)
            if row is None:
                continue
            text = self.table.text(doc_id)
            if text is None:  # moved or cut by hand
                self.take_all_edits()
                return
            if text != row[1]:
                self._type(doc_id, text)

    def _type(self, doc_id: str, text: str) -> None:
        shown = self.documents.edit(doc_id, self.table.shown(doc_id), text)
        self._show(doc_id, shown)
        if self.documents.unsent(doc_id) is None:
            self._due.pop((self.name, doc_id), None)
        else:
            self._due[self.name, doc_id] = time.monotonic() + DEBOUNCE_S

    def _undo(self, doc_id: str) -> None:
        """A row deleted by hand comes back as the server has it; one that was never sent stays away."""
        self._due.pop((self.name, doc_id), None)
        self._show(doc_id, self.documents.undo_edit(doc_id, self.table.shown(doc_id)))

    def edited_write(self, doc_id: str) -> EditedWrite | None:
        """The write that the text typed into a row asks for; None when it asks for none.

        Raises:
            CloudError: `invalid`: the text is no JSON object. It stays where it is.
        """
        unsent = self.documents.unsent(doc_id)
        if unsent is None:
            return None
        text, before = unsent
        if not text.strip() and before is None:
            return None  # a row added by hand whose payload is still to be typed
        payload = codec.payload_of(text)
        if not self._patches:
            return EditedWrite(doc_id, writes.SET, payload)
        if before is None:
            return EditedWrite(doc_id, writes.SET_MERGE, payload)
        changed, removed = tdg_core_firestore_filters.patch_of(codec.payload_of(before), payload)
        patch = {_quoted(name): value for name, value in changed.items()}
        patch |= {_quoted(name): {codec.TYPE: codec.DELETE_FIELD} for name in removed}
        return EditedWrite(doc_id, writes.UPDATE, patch) if patch else EditedWrite(doc_id, "", {})

    def sent(self, doc_id: str) -> None:
        """The edit is about to be queued as a write."""
        self._due.pop((self.name, doc_id), None)
        self.documents.sent(doc_id)

    def discard_edit(self, doc_id: str) -> None:
        """The edit changes nothing: the row is as the server has it."""
        self._due.pop((self.name, doc_id), None)
        self._show(doc_id, self.documents.undo_edit(doc_id, self.table.shown(doc_id)))


def _quoted(name: str) -> str:
    """A field's name as the key of an update."""
    return tdg_core_firestore_codec_path.render((name,))
''',
    "src/firestore/tdg_td_firestore_views.py": '''\
"""The operators in the COMP `collections`: a table and a watcher for each thing that is watched, and their index.

Thread: main only.
"""

from collections.abc import Iterator
from typing import Any

import td
import tdg_core_firestore_filters
import tdg_core_firestore_names
import tdg_core_firestore_watch_spec
import tdg_td_firestore_view
import tdg_td_tables

View = tdg_td_firestore_view.View
Spec = tdg_core_firestore_watch_spec.Spec

_WATCHER = "_cellwatch"

#: Network units from one table to the next, and from a table down to its watcher.
_STEP = 200
_DOWN = 150
#: Tables in a row of the network.
_PER_ROW = 8


class Views:
    """What is watched, by name, with the operators that show it.

    Tables that a saved project brought along are taken over, so that what points to them goes on pointing.

    Args:
        comp: The component.
    """

    def __init__(self, comp: Any) -> None:
        self._comp = comp
        self._views: dict[str, View] = {}
        self._by_id: dict[int, View] = {}
        self._of: dict[str, dict[str, View]] = {}
        #: When the edit of a document is to be sent (monotonic seconds), by view name and document id.
        self.due: dict[tuple[str, str], float] = {}
        self._index = tdg_td_tables.KeyedTable(comp.op("collection_index"), ("collection", "table"))
        #: Tables of a former run that nobody has asked for yet, by what they were watched as.
        self._former = self._found()
        self._index.reset()

    def __iter__(self) -> Iterator[View]:
        return iter(list(self._views.values()))

    def __len__(self) -> int:
        return len(self._views)

    def get(self, name: str) -> View | None:
        """The view watched under that name."""
        return self._views.get(name)

    def of(self, collection: str) -> list[View]:
        """All views that show documents of that collection, the whole collection first."""
        return list(self._of.get(collection, {}).values())

    def of_dat(self, dat: Any) -> View | None:
        """The view whose table that is."""
        return self._by_id.get(dat.id)

    def open(self, name: str, spec: Spec, filters: tdg_core_firestore_filters.Filters, fields: tuple[str, ...]) -> View:
        """Makes the operators of a view, or takes over those of a former run."""
        dat = self._table(name)
        watcher = self._watch(dat)
        view = View(name, spec, dat, watcher, filters, fields, self.due)
        self._views[name] = view
        self._by_id[dat.id] = view
        siblings = self._of.setdefault(spec.collection, {})
        siblings[name] = view
        if spec.whole:
            self._of[spec.collection] = {name: view, **siblings}
        self._index.put([(name, dat.name)])
        return view

    def close(self, name: str) -> None:
        """Takes a view's operators away."""
        view = self._forget(name)
        if view is None:
            return
        self._index.remove([name])
        for operator in (view.watcher, view.dat):  # the watcher first, it points to the table
            if operator.valid:
                operator.destroy()

    def mend(self, view: View) -> View | None:
        """Someone has deleted a view's table or watcher by hand: makes it again. None when nothing was amiss."""
        if view.dat.valid and view.watcher.valid:
            return None
        if view.dat.valid:
            view.watcher = self._watch(view.dat)
            return view
        if view.watcher.valid:
            view.watcher.destroy()
        due = dict(self.due)
        self._forget(view.name)
        renewed = self.open(view.name, view.spec, view.filters, view.table.fields)
        renewed.adopt(view)
        self.due.update(due)
        return renewed

    def renew(self, view: View) -> View:
        """The same view with nothing in it."""
        self._forget(view.name)
        self._former[view.name] = (view.dat, view.watcher)
        return self.open(view.name, view.spec, view.filters, view.table.fields)

    def drop_former(self) -> None:
        """Takes the tables of a former run away that nobody has asked for."""
        former, self._former = self._former, {}
        for dat, watcher in former.values():
            for operator in (watcher, dat):
                if operator is not None and operator.valid:
                    operator.destroy()

    def empty(self) -> None:
        """Empties the tables of a former run: what they show is not known to be true."""
        for dat, _ in self._former.values():
            dat.clear()

    # -------------------------------------------------------------------------------------------------------------

    @property
    def _home(self) -> Any:
        return self._comp.op("collections")

    def _forget(self, name: str) -> View | None:
        view = self._views.pop(name, None)
        if view is None:
            return None
        self._by_id = {number: other for number, other in self._by_id.items() if other is not view}
        for key in [key for key in self.due if key[0] == name]:
            del self.due[key]
        siblings = self._of.get(view.spec.collection, {})
        siblings.pop(name, None)
        if not siblings:
            self._of.pop(view.spec.collection, None)
        return view

    def _found(self) -> dict[str, tuple[Any, Any]]:
        index, home = self._index.dat, self._home
        names = {index[row, 1].val: index[row, 0].val for row in range(1, index.numRows) if index.numCols > 1}
        found = {}
        watchers = {dat.name: dat for dat in home.children if dat.OPType == "datexecuteDAT"}
        for dat in home.children:
            if dat.OPType == "tableDAT":
                watcher = watchers.pop(dat.name + _WATCHER, None)
                found[names.get(dat.name, f"?{dat.name}")] = (dat, watcher)
        for watcher in watchers.values():
            watcher.destroy()
        return found

    def _table(self, name: str) -> Any:
        dat, watcher = self._former.pop(name, (None, None))
        if watcher is not None and watcher.valid:
            watcher.destroy()
        if dat is not None and dat.valid:
            return dat
        home = self._home
        used = [operator.name for operator in home.children]
        dat = home.create(td.tableDAT, tdg_core_firestore_names.operator_name(name, used))
        number = len(self._views)
        dat.nodeX, dat.nodeY = number % _PER_ROW * _STEP, -(number // _PER_ROW) * 2 * _DOWN
        return dat

    def _watch(self, dat: Any) -> Any:
        watcher = self._home.create(td.datexecuteDAT, dat.name + _WATCHER)
        watcher.text = self._comp.op("cellwatch_template").text
        watcher.par.dat = dat.name
        for name in ("rowchange", "colchange", "cellchange", "sizechange"):
            toggle = watcher.par[name]
            if toggle is not None:  # deprecated since 2025
                toggle.val = False
        watcher.par.tablechange = True
        watcher.par.execute = "end"
        watcher.par.active = True
        watcher.nodeX, watcher.nodeY = dat.nodeX, dat.nodeY - _DOWN
        return watcher
''',
    "src/firestore/tdg_work_firestore.py": '''\
"""The firestore engine: writing, listening, discovery and the cache behind the bridge.

Thread: worker only.
"""

import datetime
import queue
from collections.abc import Callable
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_core_firestore_messages
import tdg_core_firestore_settings
import tdg_core_firestore_watch_spec
import tdg_core_messages
import tdg_work_engine
import tdg_work_firestore_cache
import tdg_work_firestore_queue
import tdg_work_firestore_store
import tdg_work_listen
import tdg_work_loop
import tdg_work_outbox

CloudError = tdg_core_errors.CloudError
FirestoreSettings = tdg_core_firestore_settings.FirestoreSettings
Change = tdg_core_firestore_inbound.Change
Spec = tdg_core_firestore_watch_spec.Spec
messages = tdg_core_firestore_messages

#: Seconds between two looks for new collections.
DISCOVERY_S = 30.0

#: Seconds after which the queue's file is tried again when it could not be written.
_SAVE_AGAIN_S = 5.0

#: Results and rows in one event to the main thread.
_CHUNK = 100

#: Reads that may wait for a connection.
_MAX_FETCHES = 1000

#: The commit of one batch of writes, in a helper thread (contract A4: `_execute_write_queued`).
execute_write_queued = tdg_work_outbox.send


class FirestoreEngine(tdg_work_engine.Engine[FirestoreSettings]):
    """Everything behind the firestore component's bridge.

    Args:
        loop: The loop it lives on.
        settings: What it starts with.
        open_gateway: Connects; see `tdg_gateway_firestore.open_gateway`.
        store: Its file.
        session: Names this run of the component.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        settings: FirestoreSettings,
        open_gateway: Callable[[FirestoreSettings], Any],
        store: tdg_work_firestore_store.FirestoreStore,
        session: str,
    ) -> None:
        super().__init__(loop, settings, open_gateway)
        self._store = store
        self._results = loop.outbox.stream(messages.WriteResults, _CHUNK)
        self._result_number = 0
        self._save_planned = False
        self._durable = tdg_work_firestore_queue.DurableQueue(store, self._report, self._found, session, now_text)
        self._sender = tdg_work_outbox.Sender(loop, self._durable, self._save, self.trouble)
        self._cache = tdg_work_firestore_cache.DocumentCache(loop, store, now_text)
        self._cache.filtered_by(settings.filters.fingerprint)
        self._listeners = tdg_work_listen.Listeners(loop, self.trouble, self._delivered)
        self._listeners.set_filters(settings.filters)
        #: Documents that are shown already, by the name they are watched under; and what waits until they all are.
        self._shown: dict[str, list[str]] = {}
        self._hydrating: dict[str, tdg_core_firestore_inbound.Watch | None] = {}
        self._specs: dict[str, Spec] = {}
        self._discovering = False
        self._discovery = 0
        self._fetches: list[str] = []
        self.handlers |= {
            "flush_queue": lambda _: self._sender.flush(),
            "hydrate": self._hydrate,
            "watch": self._watch,
            "unwatch": self._unwatch,
            "discover": self._discover,
            "fetch": self._fetch,
            "cache_documents": self._cache_documents,
        }

    # Hooks -----------------------------------------------------------------------------------------------------------

    def on_settings(self, former: FirestoreSettings) -> None:
        if self.settings.filters != former.filters:
            self._cache.filtered_by(self.settings.filters.fingerprint)
            self._listeners.set_filters(self.settings.filters)

    def on_connected(self) -> None:
        self._sender.connected(self.gateway)
        self._listeners.resume(self.gateway)
        self._look_for_collections()
        waiting, self._fetches = self._fetches, []
        for path in waiting:
            self._read(path)

    def on_disconnected(self) -> None:
        self._sender.disconnected()
        self._listeners.pause()

    def on_accepted(self, entries: list[tdg_core_messages.Accepted]) -> None:
        self._durable.accept(entries)
        self._save()
        self._sender.pump()

    def on_forget(self) -> None:
        self._durable.forget()
        self._cache.forget()
        self._fetches.clear()
        self._store.clear()

    def on_close(self) -> None:
        for step in (self._cache.flush, self._save, self._store.close):
            _, error = tdg_work_loop.attempt(step)
            if error is not None:
                self.loop.tell(error)

    # The queue -------------------------------------------------------------------------------------------------------

    def _save(self) -> None:
        """Brings the queue's file up to date; while that fails the journal keeps what was accepted."""
        acknowledged, error = tdg_work_loop.attempt(self._durable.save)
        if error is not None:
            self.loop.tell(error)
            if not self._save_planned:
                self._save_planned = True
                self.loop.call_later(_SAVE_AGAIN_S, self._save_again)
        elif acknowledged:
            self.loop.outbox.put(tdg_core_messages.Stored(tuple(acknowledged)))

    def _save_again(self) -> None:
        self._save_planned = False
        self._save()

    def _report(self, result: messages.Result) -> None:
        key: Any = result.queue_id
        if result.outcome != messages.FAILED:  # of failures only the newest counts, of ends every one
            self._result_number += 1
            key = self._result_number
        self._results.add(key, result)

    def _found(self, rows: list[messages.QueueRow], dead: bool) -> None:
        for start in range(0, len(rows), _CHUNK):
            self.loop.outbox.put(messages.QueueLoaded(dead, list(rows[start : start + _CHUNK])))

    # Listening -------------------------------------------------------------------------------------------------------

    def _hydrate(self, request: messages.Hydrate) -> None:
        name, shown = request.name, self._shown.setdefault(request.name, [])
        self._hydrating[name] = None

        def give(changes: list[Change]) -> None:
            shown.extend(change.doc_id for change in changes)
            if name in self._hydrating:
                self.loop.outbox.put(tdg_core_firestore_inbound.DocumentsChanged(name, list(changes)))

        def done() -> None:
            waiting = self._hydrating.pop(name, None)
            if waiting is not None:
                self._watch(waiting)

        self._cache.read(request.collection, request.doc_id, give, done)

    def _watch(self, request: tdg_core_firestore_inbound.Watch) -> None:
        if request.name in self._hydrating:
            self._hydrating[request.name] = request
            return
        spec = Spec.from_plain(request.spec)
        self._specs[request.name] = spec
        known = [*request.known, *self._shown.pop(request.name, [])]
        self._listeners.watch(request.name, spec, known)

    def _unwatch(self, request: tdg_core_firestore_inbound.Unwatch) -> None:
        self._hydrating.pop(request.name, None)
        self._shown.pop(request.name, None)
        self._specs.pop(request.name, None)
        self._listeners.unwatch(request.name)

    def _delivered(self, name: str, changes: list[Change]) -> None:
        """A snapshot: what is known of whole collections and of documents is cached, a query knows only a part."""
        spec = self._specs.get(name)
        if spec is not None and (spec.whole or spec.doc_id):
            self._cache.take(spec.collection, changes)

    def _cache_documents(self, request: messages.CacheDocuments) -> None:
        self._cache.put(request.rows)
        self._cache.flush()
        self.loop.outbox.put(messages.DocumentsCached(request.number))

    # Discovery -------------------------------------------------------------------------------------------------------

    def _discover(self, request: messages.Discover) -> None:
        self._discovering = request.on
        if request.on and self.settings.hydrate and not self._discovery:
            self._tell_collections(self._cache.collections(), cached=True)
        self._look_for_collections()

    def _look_for_collections(self) -> None:
        """Asks the server now, and again every half minute."""
        self._discovery += 1
        number = self._discovery
        if not self._discovering or self.gateway is None:
            return
        gateway = self.gateway

        def listed(found: list[str] | None, error: CloudError | None) -> None:
            if number != self._discovery:
                return
            self.loop.call_later(DISCOVERY_S, look_again)
            if found is not None:
                self._tell_collections(found, cached=False)
            elif error is not None and gateway is self.gateway:
                self.loop.tell(error)
                if error.code in tdg_core_errors.CONNECTION_CODES:
                    self.trouble(error)

        def look_again() -> None:
            if number == self._discovery:
                self._look_for_collections()

        self.loop.spawn("discover", discover_collections, gateway, then=listed)

    def _tell_collections(self, found: list[str], cached: bool) -> None:
        self.loop.outbox.put(messages.Discovered(found, cached), "discovered")

    # Reading one document --------------------------------------------------------------------------------------------

    def _fetch(self, request: messages.Fetch) -> None:
        if self.gateway is not None:
            self._read(request.path)
        elif len(self._fetches) < _MAX_FETCHES:
            self._fetches.append(request.path)
        else:
            text = f"Not connected, and {_MAX_FETCHES} reads wait already; {request.path} is not read."
            self.loop.outbox.put(messages.Fetched(request.path, None, "", text))

    def _read(self, path: str) -> None:
        def read(found: list[Any] | None, error: CloudError | None) -> None:
            document = found[0] if found else None
            payload, version = (None, "") if document is None else (document.payload, document.version)
            self.loop.outbox.put(messages.Fetched(path, payload, version, "" if error is None else error.message))

        self.loop.spawn("fetch", self.gateway.get_documents, [path], self.settings.filters, then=read)


def discover_collections(gateway: Any) -> list[str]:
    """The top-level collections, ours for bookkeeping left out. Helper thread."""
    return [path for path in gateway.list_collections() if path != tdg_work_outbox.LEDGER_COLLECTION]


def now_text() -> str:
    """The time in UTC, ISO 8601 with microseconds."""
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def serve(
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_work_loop.Outbox,
    *,
    open_gateway: Callable[[FirestoreSettings], Any],
    settings: FirestoreSettings,
    session: str,
) -> None:
    """Runs an engine until None is found in the inbox.

    Raises:
        CloudError: Its file can neither be used nor replaced.
    """
    loop = tdg_work_loop.Loop(inbox, outbox)
    path = Path(settings.store_file) if settings.store_file else None
    store = tdg_work_firestore_store.FirestoreStore(path, loop.notice)
    engine = FirestoreEngine(loop, settings, open_gateway, store, session)
    loop.run(engine.handle, engine.close)
''',
    "src/firestore/tdg_work_firestore_cache.py": '''\
"""The cached documents: written behind, in batches; read when a table is to be filled without the server.

Thread: worker only.
"""

from collections.abc import Callable, Iterable

import tdg_core_errors
import tdg_core_firestore_inbound
import tdg_work_firestore_store
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Change = tdg_core_firestore_inbound.Change
Document = tdg_work_firestore_store.Document

#: Seconds that changes are gathered before they are written in one transaction.
_GATHER_S = 0.25
#: So many are written at once.
_BATCH = 1000
#: Seconds after which a failed transaction is tried again.
_AGAIN_S = 5.0

#: Documents in one event when a table is filled.
_CHUNK = 100


class DocumentCache:
    """The table `documents` of the engine's file.

    Args:
        loop: The engine's loop.
        store: The file.
        now_text: The time as ISO 8601 text.
    """

    def __init__(
        self, loop: tdg_work_loop.Loop, store: tdg_work_firestore_store.FirestoreStore, now_text: Callable[[], str]
    ) -> None:
        self._loop = loop
        self._store = store
        self._now_text = now_text
        #: What is to be written; None for a document that is gone.
        self._waiting: dict[tuple[str, str], Document | None] = {}
        self._planned = False

    def filtered_by(self, fingerprint: str) -> None:
        """Other filters make other payloads: what was cached with others is forgotten."""
        if self._store.shown_with() != fingerprint:
            self._waiting.clear()
            self._store.forget_documents(fingerprint)

    def collections(self) -> list[str]:
        """The collections of which documents are cached."""
        return self._store.collections()

    def take(self, collection: str, changes: Iterable[Change]) -> None:
        """The server has told these changes."""
        now = self._now_text()
        for change in changes:
            document = None
            if change.payload is not None:
                document = Document(collection, change.doc_id, change.payload, change.version, now)
            self._waiting[collection, change.doc_id] = document
        self._plan(_GATHER_S)

    def put(self, rows: Iterable[tuple[str, str, str | None, str, str]]) -> None:
        """Caches rows of collection, doc_id, payload (None removes), version, synced_at."""
        for collection, doc_id, payload, version, synced_at in rows:
            document = None if payload is None else Document(collection, doc_id, payload, version, synced_at)
            self._waiting[collection, doc_id] = document

    def flush(self) -> None:
        """Writes everything that waits.

        Raises:
            CloudError: `disk`; it goes on waiting.
        """
        while self._waiting:
            keys = [key for key, _ in zip(self._waiting, range(_BATCH), strict=False)]
            documents = [document for key in keys if (document := self._waiting[key]) is not None]
            gone = [key for key in keys if self._waiting[key] is None]
            with self._store.transaction() as sql:
                self._store.put_documents(sql, documents, gone)
            for key in keys:
                del self._waiting[key]

    def forget(self) -> None:
        """Nothing waits to be written."""
        self._waiting.clear()

    def read(
        self, collection: str, doc_id: str, give: Callable[[list[Change]], None], done: Callable[[], None]
    ) -> None:
        """Gives the cached documents chunk by chunk, as changes, letting others have a turn in between."""
        self._quietly_flush()
        if doc_id:
            document = self._store.document(collection, doc_id)
            if document is not None:
                give([_added(document)])
            done()
            return

        def next_chunk(after: str) -> None:
            documents = self._store.documents(collection, after, _CHUNK)
            if documents:
                give([_added(document) for document in documents])
                self._loop.call(next_chunk, documents[-1].doc_id)
            else:
                done()

        next_chunk("")

    def _plan(self, delay_s: float) -> None:
        if not self._planned and self._waiting:
            self._planned = True
            self._loop.call_later(delay_s, self._due)

    def _due(self) -> None:
        self._planned = False
        self._quietly_flush()

    def _quietly_flush(self) -> None:
        _, error = tdg_work_loop.attempt(self.flush)
        if error is not None:
            self._loop.tell(error)
            self._plan(_AGAIN_S)


def _added(document: Document) -> Change:
    return Change(document.doc_id, tdg_core_firestore_inbound.ADDED, document.payload, document.version)
''',
    "src/firestore/tdg_work_firestore_queue.py": '''\
"""The queue of writes with its dead letters, in memory and on disk.

Thread: worker only.

Memory leads and the file follows: what a request or an answer changed is written in one transaction at the end of the
step. While the file cannot be written (disk full, locked) the changes pile up here and writing goes on; only then is
an accepted request acknowledged to its journal, so that nothing is lost either way.
"""

import uuid
from collections.abc import Callable, Iterable
from typing import Any

import tdg_core_errors
import tdg_core_firestore_messages
import tdg_core_firestore_writes
import tdg_core_messages
import tdg_work_firestore_store

CloudError = tdg_core_errors.CloudError
Entry = tdg_core_firestore_writes.Entry
QueueRow = tdg_core_firestore_messages.QueueRow
Result = tdg_core_firestore_messages.Result
Commit = tdg_core_firestore_writes.Commit

#: Failures after which it is certain that the server has done nothing.
_NOT_CARRIED_OUT = frozenset({"aborted", "exhausted"})

_CLEARED = "discarded: the write queue was cleared before the server had confirmed it"


class DurableQueue:
    """All writes that the server has not confirmed, and those it has refused for good.

    Args:
        store: Where they are kept.
        report: Told what became of each write.
        found: Told of rows that this run of the component did not queue itself, and whether they are dead letters.
        session: Names this run.
        now_text: The time as ISO 8601 text.
    """

    def __init__(
        self,
        store: tdg_work_firestore_store.FirestoreStore,
        report: Callable[[Result], None],
        found: Callable[[list[QueueRow], bool], None],
        session: str,
        now_text: Callable[[], str],
    ) -> None:
        self.queue = tdg_core_firestore_writes.Queue(lambda: str(uuid.uuid4()))
        self.dead = {letter.row.queue_id: letter for letter in store.load_dead()}
        self.ledger_id, self.ledger_version = store.load_ledger()
        self._store = store
        self._report = report
        self._found = found
        self._session = session
        self._now_text = now_text
        self._marks = store.load_marks()
        self._seq = 0
        # What the file does not know yet.
        self._changed: dict[str, None] = {}
        self._changed_dead: dict[str, None] = {}
        self._changed_marks: set[str] = set()
        self._changed_ledger = False
        self._unacknowledged: list[int] = []
        self._load()
        found(_rows(self.queue.entries()), False)
        found([letter.row for letter in self.dead.values()], True)
        self._handlers: dict[str, Callable[[Any], None]] = {
            "writes": self._add,
            "clear_queue": lambda _: self._discard(self.queue.entries(), _CLEARED),
            "remove_queued": self._remove,
            "record_retry": self._record_retry,
            "retry_dead": self._retry_dead,
            "clear_dead": self._clear_dead,
        }

    def _load(self) -> None:
        unknown: dict[str, list[Entry]] = {}
        for entry in self._store.load_queue():
            self._seq = max(self._seq, entry.seq)
            self.queue.add(entry)
            if entry.commit_id:
                unknown.setdefault(entry.commit_id, []).append(entry)
        for commit_id, entries in unknown.items():
            self.queue.resume(commit_id, entries)
        if not self.ledger_id:
            self.ledger_id = str(uuid.uuid4())
            self._changed_ledger = True

    def accept(self, requests: list[tdg_core_messages.Accepted]) -> None:
        """Takes accepted requests, each exactly once. `save` makes it last."""
        for request in requests:
            if request.entry:
                self._unacknowledged.append(request.entry)
                if request.entry <= self._marks.get(request.journal, 0):
                    continue
                self._marks[request.journal] = request.entry
                self._changed_marks.add(request.journal)
            message = tdg_core_messages.from_plain(request.message)
            handler = self._handlers.get(message.kind)
            if handler is not None:
                handler(message)

    def save(self) -> list[int]:
        """Writes what has changed; returns the journal entries that may be forgotten now.

        Raises:
            CloudError: `disk`; nothing is lost, the next call tries again.
        """
        entries = [entry for queue_id in self._changed if (entry := self.queue.get(queue_id)) is not None]
        gone = [queue_id for queue_id in self._changed if self.queue.get(queue_id) is None]
        letters = [self.dead[queue_id] for queue_id in self._changed_dead if queue_id in self.dead]
        revived = [queue_id for queue_id in self._changed_dead if queue_id not in self.dead]
        store = self._store
        if self._changed or self._changed_dead or self._changed_marks or self._changed_ledger:
            with store.transaction() as sql:
                store.mark(sql, {journal: self._marks[journal] for journal in self._changed_marks})
                store.put_queue(sql, entries, gone)
                store.put_dead(sql, letters, revived)
                if self._changed_ledger:
                    store.put_ledger(sql, self.ledger_id, self.ledger_version)
        self._changed.clear()
        self._changed_dead.clear()
        self._changed_marks.clear()
        self._changed_ledger = False
        acknowledged, self._unacknowledged = self._unacknowledged, []
        return acknowledged

    # Answers of the server -------------------------------------------------------------------------------------------

    def freeze(self, commit: Commit) -> None:
        """A guarded commit is about to be sent: its writes stay together until its outcome is known."""
        self._mark_commit(commit, commit.id)

    def confirmed(self, commit: Commit, version: Callable[[Entry], str], ledger_version: str) -> None:
        """The server has carried it out.

        Args:
            commit: What was sent.
            version: Gives the update time of an entry's document.
            ledger_version: Update time of the ledger document; empty when the commit was not guarded.
        """
        self.queue.done(commit)
        if ledger_version:
            self.ledger_version = ledger_version
            self._changed_ledger = True
        for entry in commit.entries:
            self._changed[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.CONFIRMED, version=version(entry))

    def failed(self, commit: Commit, error: CloudError, not_before: float) -> None:
        """It could not be carried out now, or nobody knows whether it was."""
        unknown = error.code not in _NOT_CARRIED_OUT
        if not unknown:
            self._mark_commit(commit, "")
        self._gone(self.queue.again(commit, not_before, unknown), error)
        for entry in commit.entries:
            if self.queue.get(entry.queue_id) is entry:
                self._count_failure(entry, error.message)
                self._tell(entry, tdg_core_firestore_messages.FAILED, error=error.message)

    def interrupted(self, commit: Commit) -> None:
        """The connection was given up before an answer came; nothing is counted."""
        self._gone(self.queue.again(commit, 0.0, unknown=True), None)

    def refused(self, commit: Commit, error: CloudError, whole: bool) -> None:
        """The server will not carry it out; dead letters are made of what cannot be split any further."""
        self._mark_commit(commit, "")
        self._gone(self.queue.refused(commit, whole), error)

    def _gone(self, entries: list[Entry], error: CloudError | None) -> None:
        for entry in entries:
            self._changed[entry.queue_id] = None
            if entry.discarded or error is None:
                self._tell(entry, tdg_core_firestore_messages.DISCARDED, error=_CLEARED)
                continue
            self._count_failure(entry, error.message)
            failed_at = self._now_text()
            row = QueueRow(
                entry.queue_id, entry.collection, entry.doc_id, entry.op_type, entry.payload, entry.queued_at,
                entry.retry_count, entry.last_error, failed_at,
            )  # fmt: skip
            self.dead[entry.queue_id] = tdg_work_firestore_store.DeadLetter(row, entry.batch)
            self._changed_dead[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.DEAD, error=error.message, failed_at=failed_at)

    def _mark_commit(self, commit: Commit, commit_id: str) -> None:
        for entry in commit.entries:
            if entry.commit_id != commit_id:
                entry.commit_id = commit_id
                self._changed[entry.queue_id] = None

    def _count_failure(self, entry: Entry, error: str) -> None:
        entry.retry_count += 1
        entry.last_error = error
        self._changed[entry.queue_id] = None

    def _tell(self, entry: Entry, outcome: str, version: str = "", error: str = "", failed_at: str = "") -> None:
        self._report(
            Result(
                entry.queue_id, entry.collection, entry.doc_id, outcome, version, error, entry.retry_count,
                entry.covers, failed_at,
            )
        )  # fmt: skip

    # Accepted requests -----------------------------------------------------------------------------------------------

    def _add(self, request: tdg_core_firestore_messages.Writes) -> None:
        entries = [self._enqueue(tdg_core_firestore_messages.Write(*item)) for item in request.items]
        if request.session != self._session:
            self._found(_rows(entry for entry in entries if self.queue.get(entry.queue_id) is entry), False)

    def _enqueue(self, write: tdg_core_firestore_messages.Write) -> Entry:
        queued = self.queue.get(write.queue_id)
        if queued is not None:
            return queued
        self._seq += 1
        entry = Entry(self._seq, *write)
        replaced = self.queue.add(entry)
        self._changed[entry.queue_id] = None
        if replaced is not None:
            self._changed[replaced.queue_id] = None
            self._tell(replaced, tdg_core_firestore_messages.SUPERSEDED)
        return entry

    def _remove(self, request: tdg_core_firestore_messages.RemoveQueued) -> None:
        found = [entry for queue_id in request.queue_ids if (entry := self.queue.get(queue_id)) is not None]
        self._discard(found, _CLEARED)

    def _discard(self, entries: list[Entry], reason: str) -> None:
        for entry in self.queue.discard(entries):
            self._changed[entry.queue_id] = None
            self._tell(entry, tdg_core_firestore_messages.DISCARDED, error=reason)

    def _record_retry(self, request: tdg_core_firestore_messages.RecordRetry) -> None:
        entry = self.queue.get(request.queue_id)
        if entry is not None:
            self._count_failure(entry, request.error)

    def _retry_dead(self, request: tdg_core_firestore_messages.RetryDead) -> None:
        for letter in self._take_dead(request.queue_ids):
            self._enqueue(tdg_core_firestore_messages.Write(*letter.row[:6], batch=letter.batch))

    def _clear_dead(self, request: tdg_core_firestore_messages.ClearDead) -> None:
        self._take_dead(request.queue_ids)

    def _take_dead(self, queue_ids: list[str]) -> list[tdg_work_firestore_store.DeadLetter]:
        taken = [self.dead.pop(queue_id) for queue_id in queue_ids if queue_id in self.dead]
        self._changed_dead |= dict.fromkeys(letter.row.queue_id for letter in taken)
        return taken

    def forget(self) -> None:
        """The user's Reset: nothing is queued or dead any more, and nobody is told."""
        self.queue.discard(self.queue.entries())
        self.dead.clear()
        self._store.clear()


def _rows(entries: Iterable[Entry]) -> list[QueueRow]:
    """Queued writes as their documented columns."""
    return [
        QueueRow(e.queue_id, e.collection, e.doc_id, e.op_type, e.payload, e.queued_at, e.retry_count, e.last_error)
        for e in entries
    ]
''',
    "src/firestore/tdg_work_firestore_store.py": '''\
"""The engine's SQLite file `gcp.db`: the queue, the dead letters, the ledger's state and the cached documents.

Thread: worker only.

Every change is an "is now" (insert or replace, delete), so repeating one that may have been made changes nothing.
"""

import sqlite3
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import tdg_core_firestore_messages
import tdg_core_firestore_writes
import tdg_disk_sqlite
import tdg_work_store

Entry = tdg_core_firestore_writes.Entry

#: Milliseconds to wait for another program's lock.
_PATIENCE_MS = 250

_QUEUE = "queue_id, collection, doc_id, op_type, payload, queued_at, retry_count, last_error"

_MIGRATIONS = (
    """
    CREATE TABLE write_queue (
        seq INTEGER PRIMARY KEY, queue_id TEXT NOT NULL UNIQUE,
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, op_type TEXT NOT NULL, payload TEXT NOT NULL,
        queued_at TEXT NOT NULL, retry_count INTEGER NOT NULL DEFAULT 0, last_error TEXT NOT NULL DEFAULT '',
        batch TEXT NOT NULL DEFAULT '', covers INTEGER NOT NULL DEFAULT 0, commit_id TEXT NOT NULL DEFAULT ''
    );
    CREATE TABLE dead_letters (
        queue_id TEXT PRIMARY KEY,
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, op_type TEXT NOT NULL, payload TEXT NOT NULL,
        queued_at TEXT NOT NULL, retry_count INTEGER NOT NULL, last_error TEXT NOT NULL,
        failed_at TEXT NOT NULL, batch TEXT NOT NULL
    );
    CREATE TABLE documents (
        collection TEXT NOT NULL, doc_id TEXT NOT NULL, payload TEXT NOT NULL, version TEXT NOT NULL,
        synced_at TEXT NOT NULL, PRIMARY KEY (collection, doc_id)
    ) WITHOUT ROWID;
    CREATE TABLE ledger (id TEXT NOT NULL, version TEXT NOT NULL);
    CREATE TABLE cached_with (filters TEXT NOT NULL);
    """,
)


class DeadLetter(NamedTuple):
    """A write that the server has refused for good."""

    row: tdg_core_firestore_messages.QueueRow
    #: Name of the atomic batch it belonged to, or empty.
    batch: str


class Document(NamedTuple):
    """A cached document."""

    collection: str
    doc_id: str
    payload: str
    version: str
    synced_at: str


class FirestoreStore(tdg_work_store.Store):
    """The file behind *Enable Cache*.

    Args:
        path: The file; None keeps everything in memory.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_disk_sqlite.open_database`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        super().__init__(path, _MIGRATIONS, tell)
        # Someone else's lock must not hold up the engine: what could not be written is written later.
        self.connection.execute(f"PRAGMA busy_timeout = {_PATIENCE_MS}")

    # The queue -------------------------------------------------------------------------------------------------------

    def load_marks(self) -> dict[str, int]:
        """The last entry taken from each journal."""
        return dict(self.connection.execute("SELECT journal, entry FROM accepted"))

    def load_queue(self) -> list[Entry]:
        """The queued writes, oldest first."""
        rows = self.connection.execute(
            f"SELECT seq, {_QUEUE}, batch, covers, commit_id FROM write_queue ORDER BY seq"  # noqa: S608  constant
        )
        return [_entry(*row) for row in rows]

    def load_dead(self) -> list[DeadLetter]:
        """The dead letters, oldest first."""
        rows = self.connection.execute(
            f"SELECT {_QUEUE}, failed_at, batch FROM dead_letters ORDER BY failed_at, rowid"  # noqa: S608  constant
        )
        return [DeadLetter(tdg_core_firestore_messages.QueueRow(*row[:9]), row[9]) for row in rows]

    def load_ledger(self) -> tuple[str, str]:
        """Id of this store's ledger document and the update time it had last; empty before the first use."""
        found = self.connection.execute("SELECT id, version FROM ledger").fetchone()
        return ("", "") if found is None else (str(found[0]), str(found[1]))

    @staticmethod
    def mark(sql: sqlite3.Connection, marks: dict[str, int]) -> None:
        """The last entry taken from each journal is now this."""
        sql.executemany("INSERT OR REPLACE INTO accepted VALUES (?, ?)", marks.items())

    @staticmethod
    def put_queue(sql: sqlite3.Connection, entries: Iterable[Entry], gone: Iterable[str]) -> None:
        """These are queued, as given here, and those ids are not."""
        sql.executemany("DELETE FROM write_queue WHERE queue_id = ?", [(queue_id,) for queue_id in gone])
        sql.executemany(
            f"INSERT OR REPLACE INTO write_queue (seq, {_QUEUE}, batch, covers, commit_id)"  # noqa: S608  constant
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                (e.seq, e.queue_id, e.collection, e.doc_id, e.op_type, e.payload, e.queued_at, e.retry_count,
                 e.last_error, e.batch, e.covers, e.commit_id)
                for e in entries
            ],
        )  # fmt: skip

    @staticmethod
    def put_dead(sql: sqlite3.Connection, letters: Iterable[DeadLetter], gone: Iterable[str]) -> None:
        """These are dead letters and those ids are not."""
        sql.executemany("DELETE FROM dead_letters WHERE queue_id = ?", [(queue_id,) for queue_id in gone])
        sql.executemany(
            "INSERT OR REPLACE INTO dead_letters VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [(*letter.row, letter.batch) for letter in letters],
        )

    @staticmethod
    def put_ledger(sql: sqlite3.Connection, ledger_id: str, version: str) -> None:
        """The ledger document has this id and update time."""
        sql.execute("DELETE FROM ledger")
        sql.execute("INSERT INTO ledger VALUES (?, ?)", (ledger_id, version))

    # Documents -------------------------------------------------------------------------------------------------------

    def collections(self) -> list[str]:
        """The collections of which documents are cached."""
        return [row[0] for row in self.connection.execute("SELECT DISTINCT collection FROM documents ORDER BY 1")]

    def documents(self, collection: str, after: str, count: int) -> list[Document]:
        """At most so many cached documents of a collection, in order of their ids, from the one after that id on."""
        rows = self.connection.execute(
            "SELECT collection, doc_id, payload, version, synced_at FROM documents WHERE collection = ?"
            " AND doc_id > ? ORDER BY doc_id LIMIT ?",
            (collection, after, count),
        )
        return [Document(*row) for row in rows]

    def document(self, collection: str, doc_id: str) -> Document | None:
        """One cached document."""
        row = self.connection.execute(
            "SELECT collection, doc_id, payload, version, synced_at FROM documents WHERE collection = ? AND doc_id = ?",
            (collection, doc_id),
        ).fetchone()
        return None if row is None else Document(*row)

    def shown_with(self) -> str:
        """Which filters were in force when the documents were cached (`Filters.fingerprint`)."""
        row = self.connection.execute("SELECT filters FROM cached_with").fetchone()
        return "" if row is None else str(row[0])

    def forget_documents(self, filters: str) -> None:
        """Empties the cache: from now on documents are cached as those filters show them."""
        with self.transaction() as sql:
            sql.execute("DELETE FROM documents")
            sql.execute("DELETE FROM cached_with")
            sql.execute("INSERT INTO cached_with VALUES (?)", (filters,))

    @staticmethod
    def put_documents(sql: sqlite3.Connection, documents: Iterable[Document], gone: Iterable[tuple[str, str]]) -> None:
        """These are cached and those (collection, id) are not."""
        sql.executemany("DELETE FROM documents WHERE collection = ? AND doc_id = ?", gone)
        sql.executemany("INSERT OR REPLACE INTO documents VALUES (?, ?, ?, ?, ?)", documents)

    def clear(self) -> None:
        """Forgets queue, dead letters and documents (the user's Reset)."""
        with self.transaction() as sql:
            for table in ("write_queue", "dead_letters", "documents"):
                sql.execute(f"DELETE FROM {table}")  # noqa: S608  constant


def _entry(
    seq: int, queue_id: str, collection: str, doc_id: str, op_type: str, payload: str, queued_at: str,
    retry_count: int, last_error: str, batch: str, covers: int, commit_id: str,
) -> Entry:  # fmt: skip
    return Entry(
        seq,
        queue_id,
        collection,
        doc_id,
        op_type,
        payload,
        queued_at,
        batch,
        retry_count,
        last_error,
        covers,
        commit_id,
    )
''',
    "src/firestore/tdg_work_listen.py": '''\
"""The life of all listeners: begins them, mends them, and never lets one die in silence.

Thread: worker only (the engine's loop).

    watch -> read the collection page by page -> listen to changes since then -> live
    a stream breaks       taken up where it was left: at once, then with backoff; if nothing else gets through either,
                          the connection counts as lost and `trouble` is told
    the server refuses    the listener says why and is tried again with a backoff of its own; if the server refuses a
                          whole stream, its targets are divided until the guilty one is alone
    a count differs       the collection is read anew and compared

Queries and single documents are not read in pages; the stream brings their first documents, too.
"""

import random
from collections.abc import Callable, Iterable
from typing import Any

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_inbound
import tdg_core_firestore_watch
import tdg_core_firestore_watch_spec
import tdg_core_firestore_watch_timing
import tdg_core_log
import tdg_work_listen_load
import tdg_work_listen_mend
import tdg_work_listen_stream
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Filters = tdg_core_firestore_filters.Filters
Load = tdg_work_listen_load.Load
Spec = tdg_core_firestore_watch_spec.Spec
Stream = tdg_work_listen_stream.Stream
Timing = tdg_core_firestore_watch_timing.Timing
inbound = tdg_core_firestore_inbound
machine = tdg_core_firestore_watch

#: Changes in one event to the main thread.
CHUNK = 100

#: Streams at the same time; a connection has room for about a hundred calls of all kinds.
MAX_STREAMS = 50
#: Seconds until a place among them is looked for again.
_NO_PLACE_S = 5.0

#: Refusals that concern every target alike.
_WHOLE = frozenset({"permission", "credentials"})


class Listener:
    """One watched collection, query or document."""

    def __init__(self, name: str, spec: Spec, known: Iterable[str], out: Any) -> None:
        self.name = name
        self.spec = spec
        self.target = machine.Target(known)
        #: Where its changes go: the outbox's stream.
        self.out = out
        self.state = ""
        self.reason = ""
        #: Since when it is live, or live again.
        self.live_at = 0.0
        #: Since when and why it is not up to date, until that is told or mended.
        self.broken: tuple[float, str] | None = None
        #: Refusals and wrong counts in a row.
        self.failures = 0
        self.mismatches = 0
        #: It has a stream of its own, because one was refused on its account.
        self.alone = False
        #: It is not read in pages, because that or listening from their time was refused.
        self.direct = False
        #: On the present stream it goes on where it was left, and has not come to a consistent state yet.
        self.resumed = False
        #: It was begun from nothing after a refusal, and has not been live since.
        self.renewed = False
        #: Last seen progress towards its first state, and when that was.
        self.progress = (-1, 0.0)
        #: Counts what was begun; whoever comes back with an older number comes too late.
        self.epoch = 0
        self.number = 0
        self.stream: Stream | None = None
        self.load: Load | None = None


class Listeners:
    """All listeners of an engine.

    Args:
        loop: The engine's loop; changes and states go to its outbox (`tdg_core_firestore_inbound`).
        trouble: Told when the server cannot be reached any more; what follows is `pause`.
        delivered: Told a listener's name and the changes of a snapshot (the cache keeps them).
        delivered: Told the changes of each snapshot by name, for a cache.
        timing: How long to wait for what.
        chance: Gives numbers in [0, 1).
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        trouble: Callable[[CloudError], None],
        delivered: Callable[[str, list[inbound.Change]], None] | None = None,
        timing: Timing | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._loop = loop
        self._timing = timing or Timing()
        self._chance = chance
        self._delivered = delivered
        self._mender = tdg_work_listen_mend.Mender(loop, self._timing, chance, trouble)
        self._loads = tdg_work_listen_load.Loads(loop, self._timing)
        self._filters = Filters()
        self._gateway: Any = None
        self._listeners: dict[str, Listener] = {}
        self._streams: list[Stream] = []
        self._numbers: dict[int, Listener] = {}
        self._last_number = tdg_work_listen_stream.PROBE
        self._ticking = False

    # What the engine asks for ----------------------------------------------------------------------------------------

    def watch(self, name: str, spec: Spec, known: Iterable[str] = ()) -> None:
        """Listens; see `tdg_core_firestore_inbound.Watch`."""
        former = self._listeners.get(name)
        if former is not None:
            if former.spec == spec:
                return
            self.unwatch(name)
        out = self._loop.outbox.stream(lambda items: inbound.DocumentsChanged(name, items), CHUNK, inbound.merged)
        listener = self._listeners[name] = Listener(name, spec, known, out)
        self._set_state(listener, inbound.LOADING)
        self._start(listener)

    def unwatch(self, name: str) -> None:
        """Stops listening."""
        listener = self._listeners.pop(name, None)
        if listener is not None:
            self._detach(listener)

    def names(self) -> list[str]:
        """What is listened to."""
        return list(self._listeners)

    def set_filters(self, filters: Filters) -> None:
        """Lets in other documents or fields: everything is read anew, and what is kept out now is removed."""
        if filters == self._filters:
            return
        self._filters = filters
        self._stop()
        for listener in list(self._listeners.values()):
            listener.target.refilter()
            if self._gateway is not None:
                self._set_state(listener, inbound.LOADING)
            self._start(listener)

    def resume(self, gateway: Any) -> None:
        """There is a connection."""
        self._connect(gateway)
        for listener in list(self._listeners.values()):
            self._start(listener)

    def pause(self, reason: str = "There is no connection to Firestore.") -> None:
        """The connection is gone or not wanted any more; what is known stays."""
        self._connect(None)
        for listener in self._listeners.values():
            self._set_state(listener, inbound.RECONNECTING, reason)

    def _connect(self, gateway: Any) -> None:
        self._stop()
        self._gateway = gateway
        self._mender.connected(gateway)

    # Beginning -------------------------------------------------------------------------------------------------------

    def _start(self, listener: Listener) -> None:
        """Goes on with it as far as it has come: read pages, or listen."""
        self._detach(listener)
        if self._gateway is None:
            return
        if not self._ticking:
            self._ticking = True
            self._loop.call_later(self._timing.tick_s, self._tick)
        if listener.spec.whole and listener.target.unread and not listener.direct:
            self._read(listener)
        else:
            self._listen(listener)

    def _read(self, listener: Listener) -> None:
        def done(since: int, error: CloudError | None) -> None:
            listener.load = None
            self._read_over(listener, since, error)

        path = listener.spec.collection
        listener.load = Load(self._gateway, path, self._filters, listener.target.read, done)
        self._loads.start(listener.load)

    def _read_over(self, listener: Listener, since: int, error: CloudError | None) -> None:
        if error is None:
            listener.target.read_all(since)
            self._listen(listener)
            return
        listener.target.restart()
        if error.todo == tdg_core_errors.GIVE_UP:
            listener.direct = True  # what is really wrong the stream will tell
            self._listen(listener)
        else:
            self._broken([listener], error)

    def _listen(self, listener: Listener) -> None:
        stream = None if listener.alone else next((stream for stream in self._streams if stream.has_room), None)
        if stream is None and len(self._streams) >= MAX_STREAMS:
            self._later(listener, _NO_PLACE_S)
            return
        self._attach(listener, stream or self._open(shared=not listener.alone))

    def _open(self, *, shared: bool) -> Stream:
        stream = Stream(
            self._loop, self._gateway, self._filters, self._timing, self._told, self._stream_ended, shared=shared
        )
        self._streams.append(stream)
        return stream

    def _attach(self, listener: Listener, stream: Stream) -> None:
        self._last_number += 1
        number = self._last_number
        try:
            listener.resumed = stream.add(number, listener.spec, listener.target)
        except CloudError as error:
            self._set_state(listener, inbound.ERROR, error.message)  # no waiting makes it right
            self._close_if_empty(stream)
            return
        listener.progress = (-1, self._loop.clock())
        listener.number = number
        listener.stream = stream
        self._numbers[number] = listener

    # Ending ----------------------------------------------------------------------------------------------------------

    def _detach(self, listener: Listener, told: bool = False) -> None:
        """Ends whatever is under way for it; `told`: the server has ended it already."""
        listener.epoch += 1
        if listener.load is not None:
            listener.load.cancelled.set()
            listener.load = None
        if listener.stream is not None:
            stream, listener.stream = listener.stream, None
            del self._numbers[listener.number]
            stream.remove(listener.number, told)
            self._close_if_empty(stream)

    def _close_if_empty(self, stream: Stream) -> None:
        if not stream.targets and stream in self._streams:
            stream.close()
            self._streams.remove(stream)

    def _stop(self) -> None:
        """Ends whatever is under way for all."""
        for listener in self._listeners.values():
            self._detach(listener)

    # What the server says --------------------------------------------------------------------------------------------

    def _told(self, stream: Stream, outcome: machine.Outcome) -> None:
        listener = self._numbers.get(outcome.target)
        if listener is None or listener.stream is not stream:
            return
        if isinstance(outcome, machine.Snapshot):
            self._deliver(listener, outcome.changes)
        elif isinstance(outcome, machine.Mismatch):
            self._mismatch(listener, outcome)
        elif isinstance(outcome, machine.Ended):
            self._ended(listener, CloudError(outcome.code, outcome.message))
        elif isinstance(outcome, machine.Restarted):
            self._set_state(listener, inbound.LOADING)

    def _deliver(self, listener: Listener, changes: list[inbound.Change]) -> None:
        add = listener.out.add
        for change in changes:
            add(change.doc_id, change)
        if changes and self._delivered is not None:
            self._delivered(listener.name, changes)
        listener.resumed = listener.renewed = False
        if listener.state != inbound.LIVE or listener.broken is not None:
            listener.live_at = self._loop.clock()
            self._set_state(listener, inbound.LIVE)

    def _ended(self, listener: Listener, error: CloudError) -> None:
        """The server has taken one target off a stream that lives on."""
        renew = listener.resumed and self._may_renew(listener, error)
        self._detach(listener, told=True)
        if renew:
            self._renew(listener)
            self._later(listener, self._timing.quick_s)
        else:
            self._refuse(listener, error)

    def _may_renew(self, listener: Listener, error: CloudError) -> bool:
        """Whether the server may refuse only because it does not remember where the listener was left."""
        return error.todo == tdg_core_errors.GIVE_UP and error.code not in _WHOLE and not listener.renewed

    def _renew(self, listener: Listener) -> None:
        listener.renewed = listener.direct = True
        listener.target.restart()

    def _refuse(self, listener: Listener, error: CloudError) -> None:
        """It is tried again by itself, later and later."""
        listener.failures += 1
        state = inbound.RECONNECTING if error.todo == tdg_core_errors.RETRY else inbound.ERROR
        self._set_state(listener, state, error.message)
        self._later(listener, self._timing.wait_s(listener.failures, error.code, self._chance()))

    def _mismatch(self, listener: Listener, outcome: machine.Mismatch) -> None:
        listener.mismatches += 1
        text = f"{listener.name}: Firestore counts {outcome.expected} documents, {outcome.found} are known; read anew."
        self._loop.log(tdg_core_log.INFO, text)
        listener.target.restart()
        self._mark_broken(listener, text)
        self._detach(listener)
        if listener.mismatches == 1:
            self._start(listener)
        else:
            self._later(listener, self._timing.wait_s(listener.mismatches - 1, "", self._chance()))

    # Streams that end ------------------------------------------------------------------------------------------------

    def _stream_ended(self, stream: Stream, error: CloudError) -> None:
        self._streams.remove(stream)
        listeners = [self._numbers.pop(number) for number in stream.targets]
        for listener in listeners:
            listener.stream = None
        if stream.alive and self._loop.clock() - stream.opened_at >= self._timing.healthy_s:
            self._mender.healthy()
        if error.todo == tdg_core_errors.RETRY or error.code == "credentials":
            self._broken(listeners, error)
        elif stream.resumed and not stream.alive and any(self._may_renew(one, error) for one in listeners):
            for listener in listeners:
                self._renew(listener)
            self._broken(listeners, error)
        else:
            self._divide(listeners, error)

    def _divide(self, listeners: list[Listener], error: CloudError) -> None:
        """The server refuses a stream for good: one target can make it do so."""
        if len(listeners) == 1 or error.code in _WHOLE or len(self._streams) + 2 > MAX_STREAMS:
            for listener in listeners:
                listener.alone = error.code not in _WHOLE and len(listeners) == 1
                self._refuse(listener, error)
            return
        half = len(listeners) // 2
        for part in (listeners[:half], listeners[half:]):
            stream = self._open(shared=False)
            for listener in part:
                self._attach(listener, stream)

    def _broken(self, listeners: list[Listener], error: CloudError) -> None:
        """The stream or the network failed, not they."""
        wait = self._mender.refused_token if error.code == "credentials" else self._mender.broken
        for listener in listeners:
            self._mark_broken(listener, error.message)
            wait(error, self._again(listener))

    def _mark_broken(self, listener: Listener, reason: str) -> None:
        """It is not up to date; told only if that lasts (`_tick`)."""
        since = self._loop.clock() if listener.broken is None else listener.broken[0]
        listener.broken = (since, reason)

    # Time ------------------------------------------------------------------------------------------------------------

    def _again(self, listener: Listener) -> Callable[[], None]:
        """Starts it, unless something else has been begun with it meanwhile."""
        epoch = listener.epoch

        def again() -> None:
            if listener.epoch == epoch:
                self._start(listener)

        return again

    def _later(self, listener: Listener, wait_s: float) -> None:
        self._loop.call_later(wait_s, self._again(listener))

    def _tick(self) -> None:
        if self._gateway is None or not self._listeners:
            self._ticking = False
            return
        self._loop.call_later(self._timing.tick_s, self._tick)
        now = self._loop.clock()
        for stream in list(self._streams):
            stream.tick(now)
        for listener in list(self._listeners.values()):
            if listener.state != inbound.LIVE or listener.broken is not None:
                self._tick_broken(listener, now)
            elif now - listener.live_at >= self._timing.healthy_s:
                listener.failures = 0
                listener.alone = False
                if now - listener.live_at >= self._timing.trusted_s:
                    listener.mismatches = 0

    def _tick_broken(self, listener: Listener, now: float) -> None:
        if listener.broken is not None and now - listener.broken[0] >= self._timing.announce_s:
            self._set_state(listener, inbound.RECONNECTING, listener.broken[1])
        if listener.stream is None:
            return
        progress, since = listener.progress
        if progress != listener.target.progress:
            listener.progress = (listener.target.progress, now)
        elif now - since > self._timing.stuck_s:
            listener.target.restart()
            self._detach(listener)
            self._refuse(listener, CloudError("deadline", f"Firestore tells nothing of {listener.name}; asked again."))

    def _set_state(self, listener: Listener, state: str, reason: str = "") -> None:
        listener.broken = None
        if (listener.state, listener.reason) != (state, reason):
            listener.state = state
            listener.reason = reason
            self._loop.outbox.put(inbound.ListenerState(listener.name, state, reason), ("listener", listener.name))
''',
    "src/firestore/tdg_work_listen_load.py": '''\
"""Reads whole collections page by page, a few at a time.

Thread: worker only (the engine's loop), except `_read` and what it calls, which run in helper threads.

A page of 300 documents costs the CPU a thirtieth of 300 messages on a Listen stream, and Listen is known to fall silent
over large first snapshots (https://github.com/googleapis/nodejs-firestore/issues/1057). The server's time is asked for
first and changes since then are listened to afterwards: so the pages need not belong to one moment.
"""

import functools
import threading
from collections import deque
from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
DocumentChange = tdg_core_firestore_watch_events.DocumentChange
Filters = tdg_core_firestore_filters.Filters

#: Collections that are read at the same time.
READERS = 2


class Gateway(Protocol):
    """What reading needs of a gateway."""

    def now(self) -> int: ...
    def list_page(self, collection: str, token: str, filters: Filters) -> Any: ...


class Load:
    """One collection being read.

    Args:
        gateway: Where from.
        collection: Its path.
        filters: Which documents and fields are let in.
        page: Called on the loop with the documents of each page.
        done: Called on the loop with the time the reading began, or with what went wrong.
    """

    def __init__(
        self,
        gateway: Gateway,
        collection: str,
        filters: Filters,
        page: Callable[[list[DocumentChange]], None],
        done: Callable[[int, CloudError | None], None],
    ) -> None:
        self.gateway = gateway
        self.collection = collection
        self.filters = filters
        self.page = page
        self.done = done
        self.cancelled = threading.Event()


class Loads:
    """All collections being read or waiting for it."""

    def __init__(self, loop: tdg_work_loop.Loop, timing: tdg_core_firestore_watch_timing.Timing) -> None:
        self._loop = loop
        self._waits_s = timing.page_s
        self._waiting: deque[Load] = deque()
        self._running = 0

    def start(self, load: Load) -> None:
        """Reads it when its turn comes; `load.cancelled` calls it off."""
        self._waiting.append(load)
        self._next()

    def _next(self) -> None:
        while self._waiting and self._running < READERS:
            load = self._waiting.popleft()
            if not load.cancelled.is_set():
                self._running += 1
                self._loop.spawn("read", self._read, load, then=functools.partial(self._over, load))

    def _over(self, load: Load, since: int | None, error: CloudError | None) -> None:
        self._running -= 1
        if not load.cancelled.is_set():
            load.done(since or 0, error)
        self._next()

    def _read(self, load: Load) -> int:
        since: int = self._patiently(load, load.gateway.now)
        token = ""
        while not load.cancelled.is_set():
            page = self._patiently(load, load.gateway.list_page, load.collection, token, load.filters)
            self._loop.call(_deliver, load, page.documents)
            token = page.token
            if not token:
                break
        return since

    def _patiently(self, load: Load, function: Callable[..., Any], *args: Any) -> Any:
        for wait_s in self._waits_s:
            try:
                return function(*args)
            except CloudError as error:
                if error.todo != tdg_core_errors.RETRY or load.cancelled.wait(wait_s):
                    raise
        return function(*args)


def _deliver(load: Load, documents: list[DocumentChange]) -> None:
    if not load.cancelled.is_set():
        load.page(documents)
''',
    "src/firestore/tdg_work_listen_mend.py": '''\
"""Takes up again what broke for no fault of its own: one backoff for all streams, and the question what is broken.

Thread: worker only (the engine's loop).
"""

from collections.abc import Callable
from typing import Any, Protocol

import tdg_core_errors
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Timing = tdg_core_firestore_watch_timing.Timing

#: A second refused token within this many seconds says that the credentials are bad, not old.
_TOKEN_S = 60.0


class Gateway(Protocol):
    """What finding out needs of a gateway."""

    def check(self) -> None: ...
    def refresh_credentials(self) -> None: ...


class Mender:
    """Streams share a connection, so they break together: they are counted and taken up together.

    Args:
        loop: The engine's loop.
        timing: How long to wait.
        chance: Gives numbers in [0, 1).
        trouble: Told when the server cannot be reached at all, or takes no token.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        timing: Timing,
        chance: Callable[[], float],
        trouble: Callable[[CloudError], None],
    ) -> None:
        self._loop = loop
        self._timing = timing
        self._chance = chance
        self._trouble = trouble
        self._gateway: Any = None
        self._failures = 0
        self._waiting: list[Callable[[], None]] = []
        self._planned = False
        #: Counts connections; what belongs to an older one comes too late.
        self._epoch = 0
        self._checking = False
        self._token_at: float | None = None

    def connected(self, gateway: Gateway | None) -> None:
        """There is a new connection, or None: nothing waits any more."""
        self._gateway = gateway
        self._epoch += 1
        self._failures = 0
        self._waiting.clear()
        self._planned = self._checking = False

    def healthy(self) -> None:
        """A stream was well for a while."""
        self._failures = 0

    def broken(self, error: CloudError, again: Callable[[], None]) -> None:
        """Something failed that may succeed later; `again()` is called when it may be tried."""
        if self._gateway is None:
            return
        self._waiting.append(again)
        if self._planned:
            return
        self._failures += 1
        wait_s = self._timing.quick_s
        if self._failures > 1 or error.code == "exhausted":
            wait_s = self._timing.wait_s(max(1, self._failures - 1), error.code, self._chance())
        self._plan(wait_s)
        if self._failures > 1 and error.code in tdg_core_errors.CONNECTION_CODES:
            self._doubt()

    def refused_token(self, error: CloudError, again: Callable[[], None]) -> None:
        """The token is refused: a new one is fetched; if that is refused, too, a person must act."""
        if self._gateway is None:
            return
        self._waiting.append(again)
        if self._planned:
            return
        self._planned = True
        now = self._loop.clock()
        former, self._token_at = self._token_at, now
        if former is not None and now - former < _TOKEN_S:
            self._trouble(error)
            return
        epoch = self._epoch

        def renewed(_: Any, error: CloudError | None) -> None:
            if epoch != self._epoch:
                return
            if error is None:
                self._again(epoch)
            else:
                self._trouble(error)

        self._loop.spawn("token", self._gateway.refresh_credentials, then=renewed)

    def _plan(self, wait_s: float) -> None:
        self._planned = True
        epoch = self._epoch
        self._loop.call_later(wait_s, lambda: self._again(epoch))

    def _again(self, epoch: int) -> None:
        if epoch != self._epoch:
            return
        self._planned = False
        waiting, self._waiting = self._waiting, []
        for again in waiting:
            again()

    def _doubt(self) -> None:
        """Is it the streams alone, or does nothing get through?"""
        if self._checking:
            return
        self._checking = True
        epoch = self._epoch

        def checked(_: Any, error: CloudError | None) -> None:
            if epoch != self._epoch:
                return
            self._checking = False
            if error is not None and error.code in tdg_core_errors.CONNECTION_CODES:
                self._trouble(error)

        self._loop.spawn("check", self._gateway.check, then=checked)
''',
    "src/firestore/tdg_work_listen_stream.py": '''\
"""One Listen stream and the targets on it: reads, tells, and notices when it has died.

Thread: worker only (the engine's loop), except `_pump`, which runs in a helper thread.
"""

from collections.abc import Callable, Iterator
from typing import Protocol

import tdg_core_errors
import tdg_core_firestore_filters
import tdg_core_firestore_watch
import tdg_core_firestore_watch_events
import tdg_core_firestore_watch_spec
import tdg_core_firestore_watch_timing
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Event = tdg_core_firestore_watch_events.Event
Filters = tdg_core_firestore_filters.Filters
Outcome = tdg_core_firestore_watch.Outcome
Spec = tdg_core_firestore_watch_spec.Spec
Target = tdg_core_firestore_watch.Target
Timing = tdg_core_firestore_watch_timing.Timing

#: Targets on one stream. The mobile clients, too, put many on one: a stream is one of about a hundred that a connection
#: may have (the next one hangs without a word), and costs two threads.
MAX_TARGETS = 100

#: Number of the target that is added only to get an answer.
PROBE = 1
#: A document that nobody writes.
_PROBE_SPEC = Spec("tdg_probe", "none")


class Call(Protocol):
    """The stream as the gateway gives it."""

    def add(self, target_id: int, spec: Spec, token: bytes = b"", read_time: int = 0) -> None: ...
    def remove(self, target_id: int) -> None: ...
    def cancel(self) -> None: ...
    def batches(self) -> Iterator[list[Event]]: ...


class Gateway(Protocol):
    """What opening a stream needs of a gateway."""

    def listen(self, filters: Filters) -> Call: ...


class Stream:
    """A stream from its opening to its end; it is never opened again.

    Args:
        loop: The engine's loop.
        gateway: Opens it.
        filters: Which documents and fields are let in.
        timing: When silence means death.
        told: Called with each outcome of what the server says.
        ended: Called once when the stream has ended by itself, with the reason.
        shared: Whether further targets may be added by and by.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        gateway: Gateway,
        filters: Filters,
        timing: Timing,
        told: "Callable[[Stream, Outcome], None]",
        ended: "Callable[[Stream, CloudError], None]",
        *,
        shared: bool,
    ) -> None:
        self.shared = shared
        self.targets: dict[int, Target] = {}
        #: The server has said something.
        self.alive = False
        #: At least one target was to be taken up where it was left.
        self.resumed = False
        self.opened_at = self._heard_at = loop.clock()
        self._loop = loop
        self._timing = timing
        self._told = told
        self._ended = ended
        self._asked_at: float | None = None
        self._done = False
        self._call = gateway.listen(filters)
        loop.spawn("listen", self._pump, then=lambda _, error: self._over(error))

    @property
    def has_room(self) -> bool:
        """Whether another target may be added."""
        return self.shared and not self._done and len(self.targets) < MAX_TARGETS

    def add(self, number: int, spec: Spec, target: Target) -> bool:
        """Listens to something under a number that was never used before; whether it goes on where it was left.

        Raises:
            CloudError: `invalid` if it cannot be asked for.
        """
        token, since = target.resume()
        self._call.add(number, spec, token, since)
        self.targets[number] = target
        resumed = bool(token or since)
        self.resumed = self.resumed or resumed
        return resumed

    def remove(self, number: int, told: bool = False) -> None:
        """Stops listening to it, and closes the stream if that was the last one.

        Args:
            number: What it was added under.
            told: The server has ended it already.
        """
        del self.targets[number]
        if not self.targets:
            self.close()
        elif not told:
            self._call.remove(number)

    def close(self) -> None:
        """Ends the stream without a word. Idempotent."""
        self._done = True
        self._call.cancel()

    def tick(self, now: float) -> None:
        """Time has passed: asks a silent stream for a sign of life, ends one that gives none."""
        if self._done:
            return
        silent_s = now - self._heard_at
        if not self.alive or self._asked_at is not None:
            since = self.opened_at if self._asked_at is None else self._asked_at
            if now - since > self._timing.answer_s:
                self._end(CloudError("deadline", "Firestore has fallen silent; the stream is opened again."))
        elif silent_s > self._timing.silence_s:
            self._asked_at = now
            self._call.add(PROBE, _PROBE_SPEC)

    def _pump(self) -> None:
        for batch in self._call.batches():
            self._loop.call(self._heard, batch)

    def _heard(self, batch: list[Event]) -> None:
        self._heard_at = self._loop.clock()
        self.alive = True
        if self._asked_at is not None and not self._done:
            self._asked_at = None
            self._call.remove(PROBE)
        for event in batch:
            for outcome in tdg_core_firestore_watch.apply(self.targets, event):
                if self._done:
                    return
                self._told(self, outcome)

    def _over(self, error: CloudError | None) -> None:
        self._end(error or CloudError("unavailable", "Firestore ended the stream; it is opened again."))

    def _end(self, error: CloudError) -> None:
        if not self._done:
            self.close()
            self._ended(self, error)
''',
    "src/firestore/tdg_work_outbox.py": '''\
"""Sends the queued writes: several commits at a time, each document's writes one after another.

Thread: worker only (the engine's loop), except `send` and what it calls, which run in helper threads.

A commit that must not be carried out twice is *guarded*: in the same atomic request it writes its own id into the
ledger, a document that this store alone writes, under the condition that the ledger is as the last guarded commit left
it. So it can be carried out once only, however often it is sent, and the ledger tells afterwards whether it was.
"""

import random
from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import tdg_core_errors
import tdg_core_firestore_codec
import tdg_core_firestore_writes
import tdg_work_firestore_queue
import tdg_work_loop

CloudError = tdg_core_errors.CloudError
Commit = tdg_core_firestore_writes.Commit
Entry = tdg_core_firestore_writes.Entry

#: Commits under way at the same time.
SENDERS = 4

#: Seconds before a commit that met a broken connection is sent again; after the last one the connection counts as lost.
QUICK_RETRIES_S = (0.1, 0.4)

#: The collection of the ledgers; discovery leaves it out.
LEDGER_COLLECTION = "td_gcp_ledger"

#: Refusals that concern every write of a commit alike.
_WHOLE = frozenset({"permission", "credentials"})


class Gateway(Protocol):
    """What sending needs of a gateway."""

    def commit(self, writes: list[dict[str, Any]]) -> list[Any]: ...
    def get_documents(self, paths: list[str]) -> list[Any]: ...


class Sent(NamedTuple):
    """The answer to a commit: update times of the documents sent, in order, and of the ledger."""

    versions: list[str]
    ledger_version: str


class Sender:
    """Takes commits from the queue as long as there is a connection, and settles them by their answers.

    Args:
        loop: The engine's loop.
        queue: What is to be sent.
        save: Writes the queue's changes to disk.
        trouble: Told when the server cannot be reached any more.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        queue: tdg_work_firestore_queue.DurableQueue,
        save: Callable[[], None],
        trouble: Callable[[CloudError], None],
    ) -> None:
        self._loop = loop
        self._durable = queue
        self._queue = queue.queue
        self._save = save
        self._trouble = trouble
        self._gateway: Any = None
        self._busy = 0
        self._timer_at: float | None = None

    def connected(self, gateway: Gateway) -> None:
        """The server can be reached: everything queued is sent."""
        self._gateway = gateway
        self.flush()

    def disconnected(self) -> None:
        """The gateway is closed: nothing is sent until the next `connected`."""
        self._gateway = None

    def flush(self) -> None:
        """Sends everything now, waits or not. What is in flight is not sent twice."""
        self._queue.wake()
        self.pump()

    def pump(self) -> None:
        """Sends as much as may be under way."""
        now = self._loop.clock()
        while self._gateway is not None and self._busy < SENDERS:
            commit = self._queue.take(now)
            if commit is None:
                self._plan(self._queue.next_time(now))
                return
            self._begin(commit)

    def _plan(self, at: float | None) -> None:
        """Looks again at that time."""
        if at is None or (self._timer_at is not None and self._timer_at <= at):
            return
        self._timer_at = at
        self._loop.call_later(max(0.0, at - self._loop.clock()), self._timer)

    def _timer(self) -> None:
        self._timer_at = None
        self.pump()

    def _begin(self, commit: Commit) -> None:
        if commit.id:
            self._durable.freeze(commit)
            self._save()
        self._busy += 1
        self._send(commit, 0)

    def _send(self, commit: Commit, retries: int) -> None:
        gateway = self._gateway
        ledger = (self._durable.ledger_id, self._durable.ledger_version, commit.id) if commit.id else None
        self._loop.spawn(
            "commit",
            send,
            gateway,
            [_plain(entry) for entry in commit.sent],
            ledger,
            then=lambda answer, error: self._ended(commit, gateway, retries, answer, error),
        )

    def _ended(self, commit: Commit, gateway: Any, retries: int, answer: Sent | None, error: CloudError | None) -> None:
        if error is not None and self._quickly_again(commit, gateway, retries, error):
            return
        self._busy -= 1
        if answer is not None:
            self._confirmed(commit, answer)
        elif error is not None:
            self._failed(commit, gateway, error)
        self._save()
        self.pump()

    def _quickly_again(self, commit: Commit, gateway: Any, retries: int, error: CloudError) -> bool:
        quick = error.code in {"network", "unavailable"} and retries < len(QUICK_RETRIES_S)
        if not quick or self._gateway is not gateway:
            return False

        def again() -> None:
            if self._gateway is gateway:
                self._send(commit, retries + 1)
            else:
                self._ended(commit, gateway, retries, None, error)

        self._loop.call_later(QUICK_RETRIES_S[retries], again)
        return True

    def _confirmed(self, commit: Commit, answer: Sent) -> None:
        versions = {entry.key: version for entry, version in zip(commit.sent, answer.versions, strict=True)}
        self._durable.confirmed(commit, lambda entry: versions[entry.key], answer.ledger_version)

    def _failed(self, commit: Commit, gateway: Any, error: CloudError) -> None:
        if self._gateway is not gateway or error.code == "cancelled":
            self._durable.interrupted(commit)
            return
        if error.todo == tdg_core_errors.RETRY:
            retries = 1 + max(entry.retry_count for entry in commit.entries)
            wait_s = max(tdg_core_firestore_writes.backoff_s(retries, random.random()), error.retry_after_s)
            now = self._loop.clock()
            self._durable.failed(commit, error, now + wait_s)
            if error.code == "exhausted":
                self._queue.pause(now + wait_s)
        else:
            self._durable.refused(commit, error, whole=error.code in _WHOLE)
        if error.code in tdg_core_errors.CONNECTION_CODES or error.code == "credentials":
            self._trouble(error)


def send(gateway: Gateway, writes: list[dict[str, Any]], ledger: tuple[str, str, str] | None) -> Sent:
    """Sends one commit. Helper thread.

    Args:
        gateway: A connected gateway.
        writes: In the form of `Gateway.commit`.
        ledger: None, or for a guarded commit: the ledger's id, its last known update time, the commit's id.

    Raises:
        CloudError: It was refused; or, with a code that asks to try again, its outcome is unknown.
    """
    if ledger is None:
        return Sent([result.update_time for result in gateway.commit(writes)], "")
    ledger_id, version, commit_id = ledger
    try:
        return _guarded(gateway, writes, ledger_id, version, commit_id)
    except CloudError as error:
        if error.todo == tdg_core_errors.RETRY:
            raise
        # Refused: because this very commit was carried out before, because the ledger is not as we remember it, or
        # because of the writes themselves. The ledger tells.
        (document,) = gateway.get_documents([f"{LEDGER_COLLECTION}/{ledger_id}"])
        found, payload = ("", "{}") if document is None else (document.version, document.payload)
        if tdg_core_firestore_codec.payload_of(payload).get("commit") == commit_id:
            return Sent([found] * len(writes), found)
        if found == version:
            raise
    return _guarded(gateway, writes, ledger_id, found, commit_id)


def _guarded(gateway: Gateway, writes: list[dict[str, Any]], ledger_id: str, version: str, commit_id: str) -> Sent:
    entry = {
        "collection": LEDGER_COLLECTION,
        "doc_id": ledger_id,
        "op": tdg_core_firestore_writes.SET,
        "data": {"commit": commit_id},
        "precondition": {"update_time": version} if version else {"exists": False},
    }
    *versions, ledger_version = [result.update_time for result in gateway.commit([*writes, entry])]
    return Sent(versions, ledger_version)


def _plain(entry: Entry) -> dict[str, Any]:
    return {
        "collection": entry.collection,
        "doc_id": entry.doc_id,
        "op": entry.op_type,
        "data": entry.payload,
    }
''',
    "src/storage/ext_storage.py": '''\
"""StorageExt: the storage component's methods, promoted as `op.storage.Upload(...)` and so on.

Thread: main only.
"""

import dataclasses
import datetime
import functools
import os
import random
import uuid
from collections import deque
from collections.abc import Callable
from typing import Any

import td
import tdg_bridge_thread
import tdg_core_errors
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_requests
import tdg_core_storage_settings
import tdg_disk_files
import tdg_disk_key
import tdg_gateway_storage
import tdg_td_component
import tdg_td_params
import tdg_td_transfers
import tdg_work_bootstrap
import tdg_work_storage

# The names by which contributors know the workers.
_upload_worker = tdg_work_storage.WORKERS["upload"]
_download_worker = tdg_work_storage.WORKERS["download"]
_delete_worker = tdg_work_storage.WORKERS["delete"]
_list_worker = tdg_work_storage.WORKERS["list"]
_metadata_worker = tdg_work_storage.WORKERS["metadata"]
_bootstrap_worker = tdg_work_bootstrap.install
_reconnect_sleep = tdg_core_retry.backoff_s

CloudError = tdg_core_errors.CloudError
Requests = tdg_core_storage_requests.Requests
Settings = tdg_core_storage_settings.StorageSettings
Transfer = tdg_core_storage_messages.Transfer

public = tdg_td_component.public


class StorageExt(tdg_td_component.ComponentExt):
    """Files between TouchDesigner and a bucket."""

    STATUS_COLUMNS = ("state", "circuit", "last_error", "active_transfers", "connected_at", "bucket")
    PARAMETERS = tdg_core_storage_settings.PARAMETERS
    STEM = "gcp-storage"
    CALLBACKS_NAME = "storage_callbacks"

    settings: Settings

    def __init__(self, ownerComp: Any) -> None:
        super().__init__(ownerComp)
        self.settings = Settings()
        self.transfers = tdg_td_transfers.Transfers(lambda: ownerComp.op("transfers"), self.callbacks, self.log)
        self._connected_bucket = ""
        self._project = functools.lru_cache(maxsize=1)(_project_of)

    # Promoted ----------------------------------------------------------------------------------------------------

    @public(str)
    def Upload(
        self,
        local_path: str | None = None,
        remote_path: str | None = None,
        make_public: bool | None = None,
        content_type: str | None = None,
        metadata: dict[str, str] | None = None,
        cache_control: str | None = None,
    ) -> str:
        """Uploads a file, replacing whatever the bucket has under that name.

        Args:
            local_path: Relative to *Local Path*, or absolute; left out, the place of `remote_path`.
            remote_path: Relative to *Remote Path*, or with a slash in front the bucket path; left out, the place of
                `local_path`.
            make_public: None uses *Make Public*.
            content_type: Left out, what the name's ending promises.
            metadata: Own keys and texts that the object carries.
            cache_control: For those who read the object by its public address, e.g. `no-cache`.

        Returns:
            The transfer's id; empty when it can never run (the log says why).
        """

        def make(requests: Requests) -> Transfer:
            options = requests.upload_options(make_public, content_type, metadata, cache_control)
            transfer = requests.upload(local_path, remote_path, options)
            return dataclasses.replace(transfer, size=_size_of(transfer.local_path))

        return self._ask(f"upload {local_path or remote_path}", make, self._bridge_accept)

    @public(str)
    def UploadBytes(
        self,
        data: bytes,
        remote_path: str,
        content_type: str | None = None,
        make_public: bool | None = None,
        metadata: dict[str, str] | None = None,
        cache_control: str | None = None,
    ) -> str:
        """Uploads data that is in no file, e.g. `top.saveByteArray('.jpg')`; the arguments are those of `Upload`.

        Up to 64 KiB survive a crash from the moment this returns, larger data from the moment its row shows a size.

        Returns:
            The transfer's id; empty when it can never run.
        """
        content = b""

        def make(requests: Requests) -> Transfer:
            nonlocal content
            options = requests.upload_options(make_public, content_type, metadata, cache_control)
            folder = f"{self.settings.cache_folder or td.app.tempFolder}/{self.STEM}-spool"
            transfer, content = requests.data(data, remote_path, options, folder)
            return transfer

        def promise(transfer: Transfer) -> str:
            if "data" in transfer.options:
                return self._bridge_accept(transfer)
            plain = tdg_core_messages.to_plain(transfer)
            self._bridge.submit(tdg_core_storage_messages.Spool(plain, content))
            return ""

        return self._ask(f"upload data to {remote_path}", make, promise)

    @public(str)
    def UploadText(self, text: str, remote_path: str, content_type: str | None = None) -> str:
        """Uploads a text in UTF-8; otherwise as `UploadBytes`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self.UploadBytes(str(text).encode("utf-8", "replace"), remote_path, content_type)

    @public(str)
    def Download(self, remote_path: str | None = None, local_path: str | None = None) -> str:
        """Downloads a file; the old one stays until the new one is whole. Paths as in `Upload`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(f"download {remote_path or local_path}", lambda make: make.download(remote_path, local_path))

    @public(str)
    def Delete(self, remote_path: str) -> str:
        """Deletes a file in the bucket.

        Returns:
            The transfer's id; empty when it can never run.
        """
        kind = tdg_core_storage_messages.DELETE
        return self._ask(f"delete {remote_path}", lambda make: make.remote(kind, remote_path))

    @public(str)
    def ListFiles(self, prefix: str = "", delimiter: str = "/") -> str:
        """Lists the files below *Remote Path* whose names begin with `prefix`; they come to `onListComplete`.

        Args:
            prefix: With a slash in front, from the beginning of the bucket.
            delimiter: Where a folder ends; its files are not listed, its name comes in `GetTransfer(id)['prefixes']`.
                Empty lists everything below.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(f"list {prefix}", lambda make: make.listing(prefix, delimiter))

    @public(str)
    def GetMetadata(self, remote_path: str) -> str:
        """Fetches what the bucket knows of a file; it comes to `onMetadata` and stays in `GetTransfer(id)`.

        Returns:
            The transfer's id; empty when it can never run.
        """
        kind = tdg_core_storage_messages.METADATA
        return self._ask(f"get metadata of {remote_path}", lambda make: make.remote(kind, remote_path))

    @public(str)
    def GetSignedUrl(
        self,
        remote_path: str,
        expiration_minutes: float = 60,
        method: str = "GET",
        content_type: str | None = None,
    ) -> str:
        """Makes an address by which anyone can read (GET) or upload (PUT) one file for a while.

        It arrives as `local_path` of `onTransferComplete`, and in `GetTransfer(id)['url']`.

        Args:
            remote_path: As in `Upload`.
            expiration_minutes: At most a week (10080).
            method: GET or PUT.
            content_type: For PUT, the type that must be uploaded.

        Returns:
            The transfer's id; empty when it can never run.
        """
        return self._ask(
            f"sign an address of {remote_path}",
            lambda make: make.signed_url(remote_path, expiration_minutes, method, content_type),
        )

    @public(str)
    def GetPublicUrl(self, remote_path: str) -> str:
        """The address of a public file, at once and without asking the server whether it is there or public.

        Returns:
            Empty when the name is none or the bucket is not known yet.
        """
        self._fresh()
        bucket = self._bucket()
        if not bucket:
            self.log.error("GetPublicUrl: the bucket is not known; set Bucket Name or Private Key File, or connect.")
            return ""
        try:
            name = self._requests().name(remote_path)
        except CloudError as error:
            self.log.error(f"GetPublicUrl: {error.message}")
            return ""
        emulator = self.settings.emulator_host
        base = f"http://{emulator}" if emulator else tdg_core_storage_paths.GOOGLE
        return tdg_core_storage_paths.public_url(base, bucket, name)

    @public(tdg_td_component.nothing)
    def CancelTransfers(self, include_active: bool = False) -> None:
        """Cancels all transfers that have not started, and those that run if `include_active`."""
        self._bridge_accept(tdg_core_storage_messages.Cancel(None, bool(include_active)))

    @public(bool)
    def CancelTransfer(self, transfer_id: str) -> bool:
        """Cancels one transfer, also while it runs.

        Returns:
            Whether there is such a transfer that has not ended.
        """
        if not self.transfers.is_open(transfer_id):
            return False
        self._bridge_accept(tdg_core_storage_messages.Cancel([transfer_id], include_active=True))
        return True

    @public(tdg_td_component.nothing)
    def GetTransfer(self, transfer_id: str) -> dict[str, Any] | None:
        """What is known of a transfer: its row, and what it found out (`metadata`, `files`, `prefixes`, `url`).

        Returns:
            None when it is not known (any more).
        """
        return self.transfers.get(transfer_id)

    # Asking ------------------------------------------------------------------------------------------------------

    def _ask(
        self, doing: str, make: Callable[[Requests], Transfer], promise: Callable[[Transfer], str] | None = None
    ) -> str:
        """Makes a transfer, promises it and shows it; what can never run is refused in the log."""
        self._fresh()
        try:
            transfer = make(self._requests())
        except CloudError as error:
            self.log.error(f"Cannot {doing}: {error.message}")
            return ""
        if problem := (promise or self._bridge_accept)(transfer):
            self.log.error(f"{transfer.type} {transfer.remote_path}: {problem}.")
        self.transfers.asked(transfer)
        return transfer.id

    def _bridge_accept(self, request: tdg_core_messages.Message) -> str:
        return self._bridge.accept(request)

    def _fresh(self) -> None:
        """A script may have set parameters in this very frame."""
        if self._dirty:
            self._apply_parameters()

    def _requests(self) -> Requests:
        return Requests(self.settings, os.name == "nt", _stamp)

    def _bucket(self) -> str:
        """The bucket's name, as far as it can be known without the network."""
        settings = self.settings
        if settings.target or self._connected_bucket:
            return settings.target or self._connected_bucket
        project = self._project(settings.private_key_file) if settings.private_key_file else ""
        return tdg_core_storage_settings.default_bucket(project) if project else ""

    # Settings and events -----------------------------------------------------------------------------------------

    def cache_folder(self, _values: dict[str, Any]) -> str:
        """Below the project's folder; the contract knows no parameter for it."""
        return tdg_td_params.absolute("cache")

    def make_settings(self, values: dict[str, Any]) -> Settings:
        """The settings from the parameters."""
        local_path = tdg_td_params.absolute(str(values.get("Localpath") or "").strip())
        return tdg_core_storage_settings.from_parameters(
            values,
            component=self.ownerComp.name,
            private_key_file=tdg_td_params.absolute(str(values.get("Privatekey") or "").strip()),
            local_path=local_path or td.project.folder,
            cache_folder=self._cache_folder,
            store_file=self._road.file(".db") if self._road is not None else "",
        )

    def serve(self) -> tdg_bridge_thread.Serve:
        """The engine, with its gateway and settings bound."""
        return functools.partial(
            tdg_work_storage.serve, open_gateway=tdg_gateway_storage.open_gateway, settings=self.settings
        )

    def handlers(self) -> dict[str, Callable[[Any], None]]:
        """What the engine tells."""
        return {
            "connected": self._on_connected,
            "engine_ended": self._on_engine_ended,
            "storage.changed": self.transfers.changed,
            "storage.list_page": self._on_page,
            "storage.forgotten": self.transfers.forgotten,
        }

    def pulses(self) -> dict[str, Callable[[], Any]]:
        """The method behind each pulse parameter."""
        return {**super().pulses(), "Canceltransfers": self.CancelTransfers}

    def on_reset_tables(self) -> None:
        """Empties the table of transfers."""
        if self._running:
            self.transfers.reset()
        else:
            self.transfers.clear()

    def on_frame(self, _now: float, _left_s: float) -> None:
        """Shows how many transfers run."""
        self.status.set(active_transfers=self.transfers.active)

    def _on_connected(self, event: Any) -> None:
        self._connected_bucket = event.target
        self.status.set(bucket=event.target)
        self.connection.handlers["connected"](event)

    def _on_engine_ended(self, event: Any) -> None:
        self.transfers.engine_ended()
        self._engine_ended(event)

    def _on_page(self, event: tdg_core_storage_messages.ListPage) -> None:
        self.transfers.page(event)
        self._bridge.submit(tdg_core_storage_messages.PageTaken(event.id))

    def _before_save(self) -> None:
        super()._before_save()
        self.transfers.blank()

    def _after_save(self) -> None:
        super()._after_save()
        self.transfers.refill()

    # Names that contributors know --------------------------------------------------------------------------------

    @property
    def _pending_transfers(self) -> deque[str]:
        """Ids of what waits for a slot."""
        return self.transfers.pending

    @property
    def _transfer_results(self) -> Any:
        """Results on their way to the main thread."""
        return self._bridge.transport

    def _drain_results(self, *_: Any) -> None:
        """The RefreshHook: takes results in, within the frame budget."""
        self._refresh()


#: Seeded by the system once; asking it for every id would mean waiting for the interpreter each time.
_CHANCE = random.Random()


def _stamp() -> tuple[str, str]:
    """A new id, which is never given twice, and the time."""
    key = uuid.UUID(int=_CHANCE.getrandbits(128), version=4)
    return str(key), datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


def _size_of(local_path: str) -> int:
    """Bytes of a file.

    Raises:
        CloudError: `local` when it is none.
    """
    found = tdg_disk_files.fingerprint(local_path)
    if found is None:
        what = "is a folder; use SyncFolder" if os.path.isdir(local_path) else "does not exist; check the path"  # noqa: PTH112
        raise CloudError("local", f"{local_path} {what}.")
    return found.size


def _project_of(private_key_file: str) -> str:
    """The project that a key file names; empty when it is none."""
    try:
        return tdg_disk_key.read_key(private_key_file).project_id
    except CloudError:
        return ""
''',
    "src/storage/storage_callbacks.py": '''\
"""Callbacks of the storage component. Edit what you need, delete the rest; a missing function is not called.

Thread: main only.

All run on the main thread, so keep them short. An exception in one is logged as a warning and stops nothing.
"""

from typing import Any


def onTransferComplete(
    transfer_id: str, transfer_type: str, remote_path: str, local_path: str, success: bool, error: str
) -> None:
    """A transfer has ended: upload, download, delete, metadata or signed_url.

    Args:
        transfer_id: What the method returned.
        transfer_type: See above.
        remote_path: Name of the file in the bucket.
        local_path: Absolute path of the local file; for signed_url, the address.
        success: False for failed and cancelled ones.
        error: What went wrong and what to do; empty on success.
    """


def onTransferProgress(
    transfer_id: str, transfer_type: str, remote_path: str, local_path: str, bytes_done: int, bytes_total: int
) -> None:
    """A transfer is on its way; at most ten times a second for each.

    Args:
        transfer_id: What the method returned.
        transfer_type: upload, download or sync.
        remote_path: Name of the file in the bucket.
        local_path: Absolute path of the local file.
        bytes_done: Bytes that have been moved.
        bytes_total: Bytes there are to move.
    """


def onListComplete(transfer_id: str, prefix: str, files: list[dict[str, Any]], success: bool, error: str) -> None:
    """ListFiles has ended.

    Args:
        transfer_id: What ListFiles returned.
        prefix: What ListFiles was given.
        files: A dict with name, size, updated, content_type and more for each file. Folders are in
            GetTransfer(transfer_id)['prefixes'].
        success: False if the listing failed or broke off; files is empty then.
        error: What went wrong and what to do; empty on success.
    """


def onListPage(transfer_id: str, files: list[dict[str, Any]]) -> None:
    """Up to a thousand files of a long listing, as they come; onListComplete gives all of them at the end.

    Args:
        transfer_id: What ListFiles returned.
        files: As in onListComplete.
    """


def onMetadata(transfer_id: str, remote_path: str, metadata: dict[str, Any], success: bool, error: str) -> None:
    """GetMetadata has ended.

    Args:
        transfer_id: What GetMetadata returned.
        remote_path: Name of the file in the bucket.
        metadata: name, size, content_type, updated, created, md5_hash, public_url, metadata (your own keys) and more.
        success: False if there is no such file or it could not be asked.
        error: What went wrong and what to do; empty on success.
    """


def onSyncComplete(
    transfer_id: str,
    direction: str,
    uploaded: list[str],
    downloaded: list[str],
    deleted: list[str],
    errors: list[dict[str, str]],
    success: bool,
    error: str,
) -> None:
    """SyncFolder has ended.

    Args:
        transfer_id: What SyncFolder returned.
        direction: both, upload or download.
        uploaded: Paths relative to Local Path.
        downloaded: Paths relative to Local Path.
        deleted: Relative paths with remote: or local: in front.
        errors: A dict with path and error for each file that could not be synced.
        success: Whether everything went as planned.
        error: Why the sync as a whole failed; empty otherwise.
    """


def onSyncPlan(transfer_id: str, direction: str, plan: dict[str, Any], success: bool, error: str) -> None:
    """PlanSync has ended: what a sync would do now; nothing was touched.

    Args:
        transfer_id: What PlanSync returned.
        direction: both, upload or download.
        plan: The steps, as lists of relative paths.
        success: Whether there is a plan.
        error: Why there is none; empty otherwise.
    """


def onConnectionStateChange(state: str, error: str) -> None:
    """The connection has another state.

    Args:
        state: connecting, connected, disconnected, error or reconnecting.
        error: Why, in the last two; otherwise empty.
    """
''',
    "src/storage/tdg_core_crc32c.py": '''\
"""CRC32C values: the form Google's API writes them in, and joining those of two parts.

Thread: any.
"""

import base64
import functools

#: The polynomial of CRC32C (Castagnoli), lowest bit first.
_POLYNOMIAL = 0x82F63B78


def to_text(crc: int) -> str:
    """As the API writes it: base64 of the four bytes, highest first."""
    return base64.b64encode(crc.to_bytes(4, "big")).decode()


def from_text(text: str) -> int:
    """The reverse of `to_text`.

    Raises:
        ValueError: That is no CRC32C.
    """
    data = base64.b64decode(text, validate=True)
    if len(data) != 4:
        raise ValueError(text)
    return int.from_bytes(data, "big")


def joined(first: int, second: int, second_bytes: int) -> int:
    """The CRC32C of two parts one after the other, from that of each and the length of the second.

    Appending n zero bytes is a linear map over the 32 bits; it is put together from maps for powers of two.
    """
    power = 0
    while second_bytes:
        if second_bytes & 1:
            first = _times(_zeros(power), first)
        second_bytes >>= 1
        power += 1
    return first ^ second


@functools.cache
def _zeros(power: int) -> tuple[int, ...]:
    """The map of appending 2**power zero bytes, as the images of the single bits."""
    if power == 0:
        one_bit = (_POLYNOMIAL, *(1 << bit for bit in range(31)))
        return _squared(_squared(_squared(one_bit)))
    return _squared(_zeros(power - 1))


def _squared(matrix: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(_times(matrix, column) for column in matrix)


def _times(matrix: tuple[int, ...], vector: int) -> int:
    result = 0
    for column in matrix:
        if vector & 1:
            result ^= column
        vector >>= 1
    return result
''',
    "src/storage/tdg_core_jobs.py": '''\
"""Jobs that wait for a slot, run and end: their states, the allowed steps, and who may start next.

Thread: any.
"""

import bisect
from dataclasses import dataclass, field
from typing import Any

PENDING = "pending"
ACTIVE = "active"
COMPLETE = "complete"
FAILED = "failed"
CANCELLED = "cancelled"

ENDED = frozenset({COMPLETE, FAILED, CANCELLED})

_STEPS = {
    PENDING: frozenset({ACTIVE, FAILED, CANCELLED}),
    ACTIVE: frozenset({PENDING, COMPLETE, FAILED, CANCELLED}),
    COMPLETE: frozenset[str](),
    FAILED: frozenset[str](),
    CANCELLED: frozenset[str](),
}

#: How many blocked jobs are passed over in the search for one that may start.
_LOOK_AHEAD = 1000


@dataclass(eq=False)
class Job:
    """One job of a queue; `number` gives its place, the lowest waits longest."""

    id: str
    number: int
    #: What it changes and what it only looks at: it never runs beside a job that changes either.
    writes: frozenset[str] = frozenset()
    reads: frozenset[str] = frozenset()
    #: Whether it takes one of the limited slots.
    counted: bool = True
    status: str = PENDING
    #: Monotonic seconds before which it is not started (again).
    not_before: float = 0.0
    #: Whatever the owner wants to keep with it.
    data: Any = field(default=None, repr=False)

    def step(self, status: str) -> None:
        """Goes over to another status.

        Raises:
            ValueError: There is no such step.
        """
        if status not in _STEPS[self.status]:
            raise ValueError(f"Job {self.id} is {self.status}; it cannot become {status}.")
        self.status = status


class Queue:
    """Jobs in order, of which at most `limit` counted ones run.

    A job that touches what an earlier unfinished one changes waits for it, so two uploads to one name end in the order
    in which they were asked for; others may overtake it meanwhile.
    """

    def __init__(self, limit: int) -> None:
        #: May be changed at any time; running jobs are left alone.
        self.limit = limit
        self.jobs: dict[str, Job] = {}
        self._by_number: dict[int, Job] = {}
        # Numbers of the waiting jobs, rising: those that need a slot and those that do not.
        self._waiting: dict[bool, list[int]] = {True: [], False: []}
        self._running: dict[str, Job] = {}

    @property
    def running(self) -> list[Job]:
        """The jobs that run."""
        return list(self._running.values())

    @property
    def waiting(self) -> list[Job]:
        """The jobs that wait, in order."""
        numbers = sorted([*self._waiting[True], *self._waiting[False]])
        return [self._by_number[number] for number in numbers]

    @property
    def free(self) -> int:
        """Slots that neither a running nor a waiting job will use; never negative."""
        used = sum(job.counted for job in self._running.values()) + len(self._waiting[True])
        return max(0, self.limit - used)

    def add(self, job: Job) -> None:
        """Adds a waiting job.

        Raises:
            ValueError: The id or number is taken.
        """
        if job.id in self.jobs or job.number in self._by_number:
            raise ValueError(f"Job {job.id} is in the queue already.")
        self.jobs[job.id] = job
        self._by_number[job.number] = job
        bisect.insort(self._waiting[job.counted], job.number)

    def startable(self, now: float) -> list[Job]:
        """The waiting jobs that may start now, in order; `start` each of them."""
        slots = self.limit - sum(job.counted for job in self._running.values())
        writes = {key for job in self._running.values() for key in job.writes}
        reads = {key for job in self._running.values() for key in job.reads}
        found = []
        for counted, waiting in self._waiting.items():
            blocked = 0
            for number in waiting:
                if (counted and slots <= 0) or blocked > _LOOK_AHEAD:
                    break
                job = self._by_number[number]
                in_use = not (
                    writes.isdisjoint(job.writes) and reads.isdisjoint(job.writes) and writes.isdisjoint(job.reads)
                )
                # Also a blocked job holds what it will touch: those behind it must not overtake it there.
                writes |= job.writes
                reads |= job.reads
                if in_use or job.not_before > now:
                    blocked += 1
                    continue
                found.append(job)
                slots -= counted
        return found

    def start(self, job: Job) -> None:
        """The job runs."""
        job.step(ACTIVE)
        self._take_out(job)
        self._running[job.id] = job

    def wait_again(self, job: Job) -> None:
        """A running job goes back to its place among the waiting ones."""
        job.step(PENDING)
        del self._running[job.id]
        bisect.insort(self._waiting[job.counted], job.number)

    def end(self, job: Job, status: str) -> None:
        """The job is over and leaves the queue."""
        waited = job.status == PENDING
        job.step(status)
        if waited:
            self._take_out(job)
        else:
            del self._running[job.id]
        del self.jobs[job.id], self._by_number[job.number]

    def _take_out(self, job: Job) -> None:
        waiting = self._waiting[job.counted]
        del waiting[bisect.bisect_left(waiting, job.number)]
''',
    "src/storage/tdg_core_objects.py": '''\
"""Objects of a bucket as plain dicts: from the API's form and into it.

Thread: any.
"""

from collections.abc import Mapping
from typing import Any

#: What files of installations are; not Python's table, which differs from system to system.
_TYPES = {
    ".aif": "audio/aiff",
    ".aiff": "audio/aiff",
    ".avi": "video/x-msvideo",
    ".avif": "image/avif",
    ".bin": "application/octet-stream",
    ".bmp": "image/bmp",
    ".css": "text/css",
    ".csv": "text/csv",
    ".dds": "image/vnd.ms-dds",
    ".exr": "image/x-exr",
    ".flac": "audio/flac",
    ".gif": "image/gif",
    ".glb": "model/gltf-binary",
    ".glsl": "text/plain",
    ".gltf": "model/gltf+json",
    ".gz": "application/gzip",
    ".hdr": "image/vnd.radiance",
    ".heic": "image/heic",
    ".htm": "text/html",
    ".html": "text/html",
    ".ico": "image/vnd.microsoft.icon",
    ".ini": "text/plain",
    ".jpeg": "image/jpeg",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".jsonl": "application/jsonl",
    ".log": "text/plain",
    ".m4a": "audio/mp4",
    ".m4v": "video/mp4",
    ".md": "text/markdown",
    ".mid": "audio/midi",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".mp3": "audio/mpeg",
    ".mp4": "video/mp4",
    ".mpeg": "video/mpeg",
    ".mpg": "video/mpeg",
    ".obj": "model/obj",
    ".ogg": "audio/ogg",
    ".otf": "font/otf",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".py": "text/x-python",
    ".svg": "image/svg+xml",
    ".tar": "application/x-tar",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".tsv": "text/tab-separated-values",
    ".ttf": "font/ttf",
    ".txt": "text/plain",
    ".usdz": "model/vnd.usdz+zip",
    ".wasm": "application/wasm",
    ".wav": "audio/wav",
    ".webm": "video/webm",
    ".webp": "image/webp",
    ".woff": "font/woff",
    ".woff2": "font/woff2",
    ".xml": "application/xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    ".zip": "application/zip",
}


def content_type(name: str) -> str:
    """The type that a file's name promises, the same on every system."""
    lower = name.lower()
    dot = lower.rfind(".")
    suffix = lower[dot:] if dot > lower.rfind("/") else ""
    return _TYPES.get(suffix, "application/octet-stream")


def described(resource: Mapping[str, Any]) -> dict[str, Any]:
    """The documented fields of an object, and what is needed to check and replace it, from the API's resource."""
    return {
        "name": str(resource.get("name", "")),
        "size": int(resource.get("size") or 0),
        "content_type": str(resource.get("contentType") or ""),
        "updated": _iso(resource.get("updated")),
        "created": _iso(resource.get("timeCreated")),
        "md5_hash": str(resource.get("md5Hash") or ""),
        "crc32c": str(resource.get("crc32c") or ""),
        "generation": int(resource.get("generation") or 0),
        "metageneration": int(resource.get("metageneration") or 0),
        "content_encoding": str(resource.get("contentEncoding") or ""),
        "cache_control": str(resource.get("cacheControl") or ""),
        "metadata": {str(key): str(value) for key, value in (resource.get("metadata") or {}).items()},
    }


def resource(content_type: str, options: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a new object as the API takes them, from the options of an upload."""
    fields: dict[str, Any] = {"contentType": content_type}
    if "metadata" in options:
        fields["metadata"] = options["metadata"]
    if "cache_control" in options:
        fields["cacheControl"] = options["cache_control"]
    return fields


def crc32c_header(value: str) -> str:
    """The CRC32C in a header `X-Goog-Hash: crc32c=...,md5=...`; empty if it has none."""
    for part in value.split(","):
        name, _, content = part.strip().partition("=")
        if name == "crc32c":
            return content
    return ""


def _iso(value: Any) -> str:
    """A time of the API in ISO 8601 as Python writes it."""
    text = str(value or "")
    return f"{text[:-1]}+00:00" if text.endswith("Z") else text
''',
    "src/storage/tdg_core_parts.py": '''\
"""The parts of a large object: who takes which, what is done, and the checksum of the whole.

Thread: any; the caller holds a lock around `take`, `finish` and `resume`.
"""

from dataclasses import asdict, dataclass
from typing import Any

import tdg_core_crc32c


@dataclass(frozen=True)
class Source:
    """One generation of an object."""

    bucket: str
    generation: int
    #: Bytes as stored.
    size: int
    #: As the API writes it.
    crc32c: str
    #: Whether it is stored with gzip encoding.
    encoded: bool

    def as_plain(self) -> dict[str, Any]:
        """For a store."""
        return asdict(self)

    @classmethod
    def from_plain(cls, plain: Any) -> "Source | None":
        """The reverse of `as_plain`; None for what is none."""
        return cls(**plain) if isinstance(plain, dict) and plain.keys() == cls.__annotations__.keys() else None


@dataclass
class Part:
    """The bytes [start, end) of an object, of which the first `done` are there; `crc` is theirs."""

    start: int
    end: int
    done: int = 0
    crc: int = 0

    @property
    def length(self) -> int:
        return self.end - self.start

    @property
    def missing(self) -> int:
        """Bytes that are still to come."""
        return self.length - self.done


class Plan:
    """An object cut into parts.

    The stream that began with the object takes parts from the front, so that it simply goes on reading; the others take
    them from the back. They meet somewhere, and nothing is fetched twice.
    """

    def __init__(self, size: int, part: int) -> None:
        self.size = size
        self._parts = [Part(start, min(start + part, size)) for start in range(0, size, part)]
        self._waiting = dict.fromkeys(range(len(self._parts)))
        self._finished: set[int] = set()
        self._finished_bytes = 0
        self._taken: dict[int, Part] = {}
        self._by_start = {item.start: index for index, item in enumerate(self._parts)}

    @property
    def missing(self) -> int:
        """How many parts nobody has taken yet."""
        return len(self._waiting)

    @property
    def done(self) -> int:
        """Bytes that are there."""
        return self._finished_bytes + sum(part.done for part in list(self._taken.values()))

    def take(self, *, first: bool) -> Part | None:
        """A part that nobody has taken, from the front or from the back; None if there is none."""
        if not self._waiting:
            return None
        index: int = next(iter(self._waiting) if first else reversed(self._waiting))
        del self._waiting[index]
        self._taken[index] = self._parts[index]
        return self._parts[index]

    def finish(self, part: Part) -> list[int]:
        """The part is there; returns where all finished parts start."""
        index = self._by_start[part.start]
        self._taken.pop(index, None)
        self._finished_bytes += part.length
        self._finished.add(index)
        return [self._parts[number].start for number in sorted(self._finished)]

    def resume(self, start: int) -> Part | None:
        """A part that a former run has finished, as one that is there; None if there is no such part."""
        index = self._by_start.get(start)
        if index is None or index not in self._waiting:
            return None
        del self._waiting[index]
        part = self._parts[index]
        part.done = part.length
        self.finish(part)
        return part

    def crc(self) -> int:
        """The CRC32C of the whole, from those of the parts."""
        crc = 0
        for part in self._parts:
            crc = tdg_core_crc32c.joined(crc, part.crc, part.length)
        return crc
''',
    "src/storage/tdg_core_storage_messages.py": '''\
"""What the storage component and its engine say to each other, besides the common messages.

Thread: any.
"""

from dataclasses import dataclass, field
from typing import Any, ClassVar

import tdg_core_messages

Message = tdg_core_messages.Message

#: The types of a transfer, as the table shows them.
UPLOAD = "upload"
DOWNLOAD = "download"
DELETE = "delete"
LIST = "list"
METADATA = "metadata"
SIGNED_URL = "signed_url"
SYNC = "sync"


# Requests -------------------------------------------------------------------------------------------------------------


@tdg_core_messages.register
@dataclass(frozen=True)
class Transfer(Message):
    """Do this; accepted, so it survives a restart. Answered by `Changed`, many times, the last one says how it ended.

    Options, each left out where the user gave nothing:
        upload: `make_public` (bool), `content_type`, `cache_control` (str), `metadata` (dict of str), `spooled` (bool:
            the file is our own copy of data, removed when it is in the bucket)
        download: `root` (str: folder that the file must stay below, symbolic links resolved)
        list: `prefix` (str: as the user gave it), `delimiter` (str)
        signed_url: `minutes` (float), `method` (GET or PUT), `content_type` (str)
    """

    kind: ClassVar[str] = "storage.transfer"
    #: Unique for ever.
    id: str
    type: str
    #: Name in the bucket, without a slash in front; of a list the whole prefix.
    remote_path: str
    #: Absolute path; empty where the type has none.
    local_path: str
    #: ISO 8601.
    asked_at: str
    #: Bytes of the local file when it was asked for; -1 where there is none.
    size: int = -1
    options: dict[str, Any] = field(default_factory=dict)


@tdg_core_messages.register
@dataclass(frozen=True)
class Spool(Message):
    """Upload these bytes; the transfer is accepted when they are on disk, the `Changed` event with a size says so."""

    kind: ClassVar[str] = "storage.spool"
    #: A `Transfer` of type upload as a plain dict; its local path is where the bytes go.
    transfer: dict[str, Any]
    data: bytes = field(repr=False)


@tdg_core_messages.register
@dataclass(frozen=True)
class Cancel(Message):
    """End these transfers, or all that wait; those that run only if `include_active`. Accepted."""

    kind: ClassVar[str] = "storage.cancel"
    #: None means all.
    ids: list[str] | None
    include_active: bool


@tdg_core_messages.register
@dataclass(frozen=True)
class PageTaken(Message):
    """The main thread has taken a page of that listing; the next one may be fetched."""

    kind: ClassVar[str] = "storage.page_taken"
    id: str


# Events ---------------------------------------------------------------------------------------------------------------


@tdg_core_messages.register
@dataclass(frozen=True)
class Changed(Message):
    """How a transfer stands now, whole: the newest one replaces those that nobody has taken yet."""

    kind: ClassVar[str] = "storage.changed"
    id: str
    type: str
    remote_path: str
    local_path: str
    #: One of `tdg_core_jobs`.
    status: str
    options: dict[str, Any]
    #: ISO 8601; empty until then.
    started_at: str = ""
    completed_at: str = ""
    error: str = ""
    #: Bytes; -1 while unknown.
    size: int = -1
    bytes_done: int = 0
    #: Bytes per second.
    speed: float = 0.0
    #: What the transfer found out: `metadata`, `url`, `prefixes`, ...
    result: dict[str, Any] = field(default_factory=dict)


@tdg_core_messages.register
@dataclass(frozen=True)
class ListPage(Message):
    """A part of a listing; answered by `PageTaken`."""

    kind: ClassVar[str] = "storage.list_page"
    id: str
    files: list[dict[str, Any]]


@tdg_core_messages.register
@dataclass(frozen=True)
class Forgotten(Message):
    """The Reset is through: whatever comes from now on was asked for after it."""

    kind: ClassVar[str] = "storage.forgotten"
''',
    "src/storage/tdg_core_storage_paths.py": '''\
"""Where a file lies in the bucket and on the disk: the path rules, and the refusal of whatever leads out.

Thread: any.

Three rooms of names: what a user types, the *name* of an object in the bucket (no slash in front), and absolute local
paths. Windows rules are an argument, so that both kinds are tested everywhere.
"""

import ntpath
import posixpath
import re
import urllib.parse
from types import ModuleType

import tdg_core_errors

CloudError = tdg_core_errors.CloudError

#: Where Google serves buckets, for the API and for public addresses.
GOOGLE = "https://storage.googleapis.com"

#: https://cloud.google.com/storage/docs/objects#naming
_MOST_NAME_BYTES = 1024

_CONTROL = re.compile(r"[\\x00-\\x1f\\x7f]")
#: https://learn.microsoft.com/windows/win32/fileio/naming-a-file; the digits \xb9\xb2\xb3 count as 1, 2, 3 there.
_RESERVED = re.compile(r"(?i)(con|prn|aux|nul|conin\\$|conout\\$|(com|lpt)[0-9\xb9\xb2\xb3])$")
_ILLEGAL_ON_WINDOWS = re.compile(r'[<>:"|?*]')
_DRIVE = re.compile(r"^[A-Za-z]:")


def _flavour(windows: bool) -> ModuleType:
    return ntpath if windows else posixpath


# Names in the bucket --------------------------------------------------------------------------------------------------


def folder(remote_path: str) -> str:
    """*Remote Path* as a prefix: no slash in front, one at the end; empty for the whole bucket."""
    inner = remote_path.strip().strip("/")
    return f"{inner}/" if inner else ""


def name(remote_path: str, root: str) -> str:
    """The object's name for what a user calls `remote_path`.

    Args:
        remote_path: Relative to *Remote Path*, or, with a slash in front, the bucket path behind that slash.
        root: The prefix that `folder` made.

    Raises:
        CloudError: `invalid` for a name that no object can have; `unsafe` for one that leads out of *Remote Path*.
    """
    if remote_path.startswith("/"):
        full = remote_path[1:]
    else:
        if not {".", ".."}.isdisjoint(remote_path.split("/")):
            raise CloudError(
                "unsafe",
                f"{remote_path!r} leads out of Remote Path with '.' or '..'; write '/' and the whole bucket path.",
            )
        full = root + remote_path if remote_path else ""
    check_name(full)
    return full


def check_name(full: str) -> None:
    """Whether the bucket can have an object of that name.

    Raises:
        CloudError: `invalid`, saying what is wrong with it.
    """
    if not full or full.endswith("/"):
        raise CloudError("invalid", f"{full!r} names no file in the bucket; give a path that ends in a file name.")
    if "\\r" in full or "\\n" in full or full in {".", ".."} or full.startswith(".well-known/acme-challenge/"):
        raise CloudError("invalid", f"The bucket takes no file called {full!r}; choose another name.")
    try:
        size = len(full.encode())
    except UnicodeEncodeError:
        raise CloudError("invalid", f"{full!r} is no valid Unicode text; rename the file.") from None
    if size > _MOST_NAME_BYTES:
        raise CloudError("invalid", f"{full[:60]!r}... is {size} bytes long; the bucket takes {_MOST_NAME_BYTES}.")


def prefix(remote_prefix: str, root: str) -> str:
    """The prefix that a listing of `remote_prefix` has: below *Remote Path*, or the bucket's with a slash in front."""
    return remote_prefix[1:] if remote_prefix.startswith("/") else root + remote_prefix


def relative_name(full: str, root: str) -> str:
    """What a user calls that object: relative to *Remote Path*, or with a slash in front where it lies elsewhere."""
    return full[len(root) :] if full.startswith(root) else f"/{full}"


def public_url(base: str, bucket: str, full: str) -> str:
    """The address at which a public object can be read.

    Args:
        base: `https://storage.googleapis.com` or an emulator's address.
    """
    return f"{base}/{urllib.parse.quote(bucket)}/{urllib.parse.quote(full, safe='/~')}"


# Local paths ----------------------------------------------------------------------------------------------------------


def local(local_path: str, root: str, windows: bool) -> str:
    """The absolute path of what a user calls `local_path`: relative to *Local Path*, or absolute.

    Raises:
        CloudError: `invalid` for an empty path; `unsafe` for a relative one that leads out of *Local Path*.
    """
    flavour = _flavour(windows)
    if not local_path or "\\x00" in local_path:
        raise CloudError("invalid", f"{local_path!r} names no local file; give a path.")
    if is_absolute(local_path, windows):
        return _slashed(flavour.normpath(local_path), windows)
    drive, rest = flavour.splitdrive(local_path)
    rooted = rest.startswith(("/", "\\\\") if windows else "/")
    joined = flavour.normpath(flavour.join(root, rest))
    # On Windows 'C:evil' and '\\evil' are neither relative to our root nor absolute.
    if drive or rooted or not is_below(joined, root, windows):
        raise CloudError("unsafe", f"{local_path!r} leads out of Local Path ({root}); give an absolute path instead.")
    return _slashed(joined, windows)


def is_absolute(path: str, windows: bool) -> bool:
    """Whether a local path says by itself where it is; on Windows with a drive or a share."""
    drive, rest = _flavour(windows).splitdrive(path)
    return rest.startswith(("/", "\\\\") if windows else "/") and bool(drive or not windows)


def _slashed(path: str, windows: bool) -> str:
    """With forward slashes, as TouchDesigner writes paths on every system."""
    return path.replace("\\\\", "/") if windows else path


def is_below(path: str, root: str, windows: bool) -> bool:
    """Whether an absolute path lies below a folder, by its text alone."""
    flavour = _flavour(windows)
    path, root = (flavour.normcase(flavour.normpath(part)) for part in (path, root))
    return path.startswith(root if root.endswith(flavour.sep) else root + flavour.sep)


def below(root: str, relative: str, windows: bool) -> str:
    """The local path of an object by its name below the synced or mirrored prefix; names are hostile until proven else.

    The result is the same on every system, except for characters that only Windows forbids.

    Raises:
        CloudError: `unsafe`, saying what is wrong with the name.
    """
    problem = unsafe_name(relative, windows)
    if problem:
        raise CloudError("unsafe", f"{relative!r} from the bucket is not written to disk: {problem}; rename it there.")
    return _slashed(_flavour(windows).join(root, *relative.split("/")), windows)


def unsafe_name(relative: str, windows: bool) -> str:
    """Why a name from the bucket must not become a local path; empty if it may."""
    if _CONTROL.search(relative):
        return "it holds control characters"
    if "\\\\" in relative:
        return "it holds a backslash, which separates folders on Windows"
    if _DRIVE.match(relative):
        return "it begins with a drive letter"
    try:
        relative.encode()
    except UnicodeEncodeError:
        return "it is no valid Unicode text"
    for part in relative.split("/"):
        if part in {"", ".", ".."}:
            return f"{part or 'an empty part'!r} in it is no folder or file of its own"
        if _RESERVED.match(part.split(".")[0].rstrip(" ")):
            return f"{part!r} is a device on Windows"
        if windows and (_ILLEGAL_ON_WINDOWS.search(part) or part.endswith((".", " "))):
            return f"Windows takes no file called {part!r}"
    return ""


# Mirroring: one side is given, the other is to match ------------------------------------------------------------------


def mirrored_name(local_path: str, local_root: str, remote_root: str, windows: bool) -> str:
    """Where an absolute local file belongs in the bucket: at the same place below *Remote Path*.

    A file from outside *Local Path* goes directly below *Remote Path* under its own name.

    Raises:
        CloudError: As `check_name`.
    """
    flavour = _flavour(windows)
    if is_below(local_path, local_root, windows):
        relative = flavour.relpath(local_path, local_root).replace(flavour.sep, "/")
    else:
        relative = flavour.basename(local_path)
    full = remote_root + relative if relative else ""
    check_name(full)
    return full


def mirrored_local(full: str, local_root: str, remote_root: str, windows: bool) -> str:
    """Where an object belongs on the disk: at the same place below *Local Path*.

    An object from outside *Remote Path* goes to its whole bucket path below *Local Path*.

    Raises:
        CloudError: `unsafe`, as `below`.
    """
    return below(local_root, full.removeprefix(remote_root), windows)
''',
    "src/storage/tdg_core_storage_requests.py": '''\
"""What a user asks for as a checked request: paths resolved, options gathered, what can never run refused.

Thread: any.
"""

import base64
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_storage_messages
import tdg_core_storage_paths
import tdg_core_storage_settings

CloudError = tdg_core_errors.CloudError
Transfer = tdg_core_storage_messages.Transfer

#: Data up to that size goes with the request itself.
SMALL_DATA = 64 << 10

#: https://cloud.google.com/storage/docs/access-control/signed-urls: a signature holds for a week at most.
_MOST_MINUTES = 7 * 24 * 60


class Requests:
    """Makes transfers for the settings of the moment.

    Args:
        settings: The parameters.
        windows: Whether Windows' rules for paths hold.
        stamp: A new id and the time in ISO 8601.
    """

    def __init__(
        self,
        settings: tdg_core_storage_settings.StorageSettings,
        windows: bool,
        stamp: Callable[[], tuple[str, str]],
    ) -> None:
        self._settings = settings
        self._windows = windows
        self._stamp = stamp
        self._remote_root = tdg_core_storage_paths.folder(settings.remote_path)

    def name(self, remote_path: Any) -> str:
        """The object's name.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        return tdg_core_storage_paths.name("" if remote_path is None else str(remote_path), self._remote_root)

    def upload(self, local_path: Any, remote_path: Any, options: dict[str, Any]) -> Transfer:
        """A file into the bucket.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        local, name = self._both_sides(local_path, remote_path)
        return self._transfer(tdg_core_storage_messages.UPLOAD, name, local, options)

    def data(self, data: Any, remote_path: Any, options: dict[str, Any], folder: str) -> tuple[Transfer, bytes]:
        """Bytes into the bucket, by way of a file of our own in `folder`; small ones are in the options.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        try:
            content = bytes(memoryview(data))
        except TypeError:
            raise CloudError("invalid", f"{type(data).__name__} is no data; give bytes or a bytearray.") from None
        key, now = self._stamp()
        complete = {**options, "spooled": True}
        if len(content) <= SMALL_DATA:
            complete["data"] = base64.b64encode(content).decode()
        kind, local = tdg_core_storage_messages.UPLOAD, f"{folder}/{key}"
        return Transfer(key, kind, self.name(remote_path), local, now, len(content), complete), content

    def download(self, remote_path: Any, local_path: Any) -> Transfer:
        """A file out of the bucket; below *Local Path* it may not get out through a link.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        local, name = self._both_sides(local_path, remote_path)
        absolute = bool(local_path) and tdg_core_storage_paths.is_absolute(str(local_path), self._windows)
        options = {} if absolute else {"root": self._settings.local_path}
        return self._transfer(tdg_core_storage_messages.DOWNLOAD, name, local, options)

    def remote(self, kind: str, remote_path: Any) -> Transfer:
        """Something about one object: delete, metadata.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        return self._transfer(kind, self.name(remote_path), "", {})

    def listing(self, prefix: Any, delimiter: Any) -> Transfer:
        """The objects whose names begin with `prefix`."""
        given = str(prefix or "")
        full = tdg_core_storage_paths.prefix(given, self._remote_root)
        options = {"prefix": given, "delimiter": str(delimiter or "")}
        return self._transfer(tdg_core_storage_messages.LIST, full, "", options)

    def signed_url(self, remote_path: Any, minutes: Any, method: Any, content_type: Any) -> Transfer:
        """An address for one object.

        Raises:
            CloudError: `invalid` or `unsafe`.
        """
        try:
            expires = float(minutes)
        except (TypeError, ValueError):
            expires = 0.0
        if not 0 < expires <= _MOST_MINUTES:
            raise CloudError("invalid", f"{minutes!r} minutes; an address can hold up to {_MOST_MINUTES} (a week).")
        verb = str(method).upper()
        if verb not in {"GET", "PUT"}:
            raise CloudError("invalid", f"the method {method!r} is neither GET nor PUT.")
        options: dict[str, Any] = {"minutes": expires, "method": verb}
        if content_type:
            options["content_type"] = str(content_type)
        return self._transfer(tdg_core_storage_messages.SIGNED_URL, self.name(remote_path), "", options)

    def upload_options(self, make_public: Any, content_type: Any, metadata: Any, cache_control: Any) -> dict[str, Any]:
        """The options of an upload; what is not given is left out.

        Raises:
            CloudError: `invalid` when the metadata is no dict.
        """
        options: dict[str, Any] = {}
        if self._settings.make_public if make_public is None else make_public:
            options["make_public"] = True
        if content_type:
            options["content_type"] = str(content_type)
        if cache_control:
            options["cache_control"] = str(cache_control)
        if metadata:
            if not isinstance(metadata, dict):
                raise CloudError("invalid", "the metadata is no dict; give keys and texts.")
            options["metadata"] = {str(key): str(value) for key, value in metadata.items()}
        return options

    def _both_sides(self, local_path: Any, remote_path: Any) -> tuple[str, str]:
        """The absolute local path and the object's name; the side that is left out mirrors the other one."""
        paths, root, windows = tdg_core_storage_paths, self._settings.local_path, self._windows
        if not local_path and not remote_path:
            raise CloudError("invalid", "no path is given; name the file.")
        if not local_path:
            name = self.name(remote_path)
            return paths.mirrored_local(name, root, self._remote_root, windows), name
        local = paths.local(str(local_path), root, windows)
        if remote_path:
            return local, self.name(remote_path)
        return local, paths.mirrored_name(local, root, self._remote_root, windows)

    def _transfer(self, kind: str, name: str, local: str, options: dict[str, Any]) -> Transfer:
        key, now = self._stamp()
        return Transfer(key, kind, name, local, now, -1, options)
''',
    "src/storage/tdg_core_storage_settings.py": '''\
"""The storage component's parameters as settings.

Thread: any.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import tdg_core_settings

#: Parameters of this component that its settings are made of.
PARAMETERS = (
    "Bucket", "Localpath", "Remotepath", "Makepublic", "Deleteremoteorphans", "Deletelocalorphans", "Maxconcurrent",
    "Maxdelete", "Conflictmode", "Watchfolder",
)  # fmt: skip

CONFLICT_MODES = ("newest", "keepboth", "local", "remote")

#: A connection and a thread for each; beyond that only the server is kept busy.
MOST_CONCURRENT = 64


@dataclass(frozen=True)
class StorageSettings(tdg_core_settings.Settings):
    """`target` is the bucket as typed; `default_bucket` says what an empty one means."""

    #: Absolute path of the local root.
    local_path: str = ""
    #: Whether the user chose it; an empty *Local Path* is the project folder, which is never synced.
    local_path_chosen: bool = False
    #: As typed; `tdg_core_storage_paths.folder` makes a prefix of it.
    remote_path: str = ""
    make_public: bool = False
    delete_remote: bool = False
    delete_local: bool = False
    max_concurrent: int = 3
    #: Percent.
    max_delete: int = 50
    conflict_mode: str = "newest"
    watch_folder: bool = False
    #: Absolute path of the cache folder; empty for none.
    cache_folder: str = ""


def from_parameters(
    values: Mapping[str, Any],
    *,
    component: str,
    private_key_file: str,
    local_path: str,
    cache_folder: str,
    store_file: str,
) -> StorageSettings:
    """Settings from parameter values and from those paths, which only the main thread can make absolute."""
    mode = tdg_core_settings.text(values, "Conflictmode")
    return StorageSettings(
        component=component,
        private_key_file=private_key_file,
        emulator_host=tdg_core_settings.text(values, "Emulatorhost").removeprefix("http://").rstrip("/"),
        use_adc=bool(values.get("Useadc", False)),
        target=tdg_core_settings.text(values, "Bucket").removeprefix("gs://").strip("/"),
        store_file=store_file,
        local_path=local_path,
        local_path_chosen=bool(tdg_core_settings.text(values, "Localpath")),
        remote_path=tdg_core_settings.text(values, "Remotepath"),
        make_public=bool(values.get("Makepublic", False)),
        delete_remote=bool(values.get("Deleteremoteorphans", False)),
        delete_local=bool(values.get("Deletelocalorphans", False)),
        max_concurrent=min(max(1, int(tdg_core_settings.number(values, "Maxconcurrent", 3))), MOST_CONCURRENT),
        max_delete=min(max(0, int(tdg_core_settings.number(values, "Maxdelete", 50))), 100),
        conflict_mode=mode if mode in CONFLICT_MODES else CONFLICT_MODES[0],
        watch_folder=bool(values.get("Watchfolder", False)),
        cache_folder=cache_folder,
    )


def default_bucket(project_id: str) -> str:
    """The bucket that an empty *Bucket Name* means."""
    return f"{project_id}.firebasestorage.app"
''',
    "src/storage/tdg_gateway_http.py": '''\
"""HTTP to one server: kept connections, credentials, time-outs, and calls that can be ended from another thread.

Thread: worker only.

On `http.client`, because every small object costs a few requests and each request's Python is taken from the frames of
the host: measured 0.2 ms of processor time per request, against 1.3 ms through google-auth's AuthorizedSession. It also
gives the one thing that session hides: the socket, to end a call that waits in it.
"""

import base64
import contextlib
import email.utils
import http.client
import json
import os
import select
import socket
import ssl
import threading
import time
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

import tdg_core_errors
import tdg_gateway_errors

CloudError = tdg_core_errors.CloudError

_CONNECT_TIMEOUT_S = 10.0
#: Longest silence of the server, and longest time for one block of a body to leave.
_TIMEOUT_S = 60.0
#: How long a read collects.
_MOMENT_S = 0.1
#: An idle connection older than that is not used again: servers and routers close them at times of their own.
_IDLE_S = 60.0
#: Most bytes of an error's body that are looked at.
_MOST_ERROR_BYTES = 64 << 10
_MOST_MESSAGE = 300

#: https://cloud.google.com/storage/docs/json_api/v1/status-codes: these 403 mean "slower", not "forbidden".
_RATE_REASONS = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded", "dailyLimitExceeded"})


class Token(Protocol):
    """Lets another thread end a call."""

    @property
    def cancelled(self) -> bool: ...

    def closing(self, close: Callable[[], None]) -> AbstractContextManager[None]:
        """While inside, `close` is called as soon as the call is to end (at once if it already is)."""


@dataclass(frozen=True)
class Body:
    """What is sent: its length in bytes and, each time it is sent, its blocks."""

    length: int
    blocks: Callable[[], Iterable[bytes]]

    @classmethod
    def of(cls, data: bytes) -> "Body":
        """A body from memory."""
        return cls(len(data), lambda: (data,))


class Response:
    """An answer whose body has not been read yet."""

    def __init__(self, raw: http.client.HTTPResponse, host: str, check: Callable[[], None]) -> None:
        self.status = raw.status
        self.headers: Mapping[str, str] = raw.headers  # type: ignore[assignment]  # reads like one, ignoring case
        self.raw = raw
        self._host = host
        self._check = check

    def read(self, most: int) -> bytes:
        """The next bytes of the body; empty at its end, also when it ends early.

        As many as come within a moment: a fast stream costs few steps, a slow one still shows that it moves.

        Raises:
            CloudError: `network`, `deadline`, or `cancelled` when it was ended on purpose.
        """
        pieces: list[bytes] = []
        missing, until = most, time.monotonic() + _MOMENT_S
        with _explained(self._host):
            while missing > 0:
                try:
                    piece = self.raw.read1(missing)
                except OSError:
                    if not pieces:
                        raise
                    break  # what has come counts; the next read meets the error again
                if not piece:
                    break
                pieces.append(piece)
                missing -= len(piece)
                if time.monotonic() >= until:
                    break
        if not pieces:
            self._check()
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def json(self) -> dict[str, Any]:
        """The whole body as a JSON object.

        Raises:
            CloudError: `network`, `deadline`, or `internal` when it is none.
        """
        with _explained(self._host):
            data = self.raw.read()
        if not data:
            return {}
        try:
            value = json.loads(data)
        except ValueError:
            value = None
        if not isinstance(value, dict):
            raise CloudError("internal", f"{self._host} did not answer in JSON; is a proxy or portal in between?")
        return value


class Http:
    """Calls to one server (and to the other addresses it names).

    Args:
        base: `https://storage.googleapis.com` or `http://127.0.0.1:9000`.
        authorize: Adds credentials to the headers of a request, renewed ones if the second argument is true.
        roots: The file of trusted roots for a system that has none to offer.
        clock: Monotonic seconds.
    """

    def __init__(
        self,
        base: str,
        authorize: Callable[[dict[str, str], bool], None],
        roots: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.base = base
        self._authorize = authorize
        self._roots = roots
        self._clock = clock
        self._lock = threading.Lock()
        self._idle: dict[tuple[str, str], list[tuple[float, http.client.HTTPConnection]]] = {}
        self._busy: set[http.client.HTTPConnection] = set()
        self._closed = False
        self._tls: ssl.SSLContext | None = None
        self._proxies = urllib.request.getproxies()

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._closed

    def close(self) -> None:
        """Ends every call under way and closes all connections. Idempotent, any thread."""
        with self._lock:
            self._closed = True
            busy, idle, self._idle = list(self._busy), self._idle, {}
        for connection in busy:
            _shut(connection)
        for waiting in idle.values():
            for _, connection in waiting:
                connection.close()

    def json(
        self,
        method: str,
        target: str,
        doing: str,
        token: Token,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
    ) -> dict[str, Any]:
        """Sends a request and returns the JSON object that answers it; `doing` completes "Cannot ...".

        Raises:
            CloudError: With a sentence about `doing`.
        """
        with self.call(method, target, doing, token, headers=headers, body=body) as response:
            return response.json()

    @contextlib.contextmanager
    def call(
        self,
        method: str,
        target: str,
        doing: str,
        token: Token,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body | None = None,
        good: frozenset[int] = frozenset({200, 204, 206}),
    ) -> Iterator[Response]:
        """Sends a request; inside, its answer can be read.

        Args:
            target: Path and query below `base`, or a whole address.
            good: Statuses that are no errors.

        Raises:
            CloudError: `cancelled`, `network`, `deadline`, `credentials`, or what the server answered.
        """
        address = target if "://" in target else self.base + target
        for renewed in (False, True):
            with self._sent(method, address, token, headers or {}, body, renewed) as response:
                if response.status == 401 and not renewed:
                    continue
                if response.status not in good:
                    raise _refused(response, doing)
                yield response
                return

    @contextlib.contextmanager
    def _sent(
        self, method: str, address: str, token: Token, headers: Mapping[str, str], body: Body | None, renew: bool
    ) -> Iterator[Response]:
        parts = urllib.parse.urlsplit(address)
        complete = {"Accept-Encoding": "identity", **headers}
        if body is not None:
            complete["Content-Length"] = str(body.length)
        elif method in {"POST", "PUT", "PATCH"}:
            complete["Content-Length"] = "0"
        self._authorize(complete, renew)
        connection = self._take(parts.scheme, parts.netloc)
        kept = False
        try:
            with _explained(parts.netloc, self, token), token.closing(lambda: _shut(connection)):
                raw = _exchange(connection, method, address[len(f"{parts.scheme}://{parts.netloc}") :], complete, body)
            with token.closing(lambda: _shut(connection)):
                try:
                    yield Response(raw, parts.netloc, lambda: self._check(token))
                except CloudError as error:
                    # A read that was ended on purpose looks like a broken network.
                    raise _on_purpose(error, self, token) from error
            kept = _is_read(raw) and not raw.will_close
        finally:
            self._give_back(parts.scheme, parts.netloc, connection, kept)

    def _check(self, token: Token) -> None:
        """Raises if a call was ended on purpose: its socket just looks as if the server had closed it."""
        if token.cancelled or self._closed:
            raise _on_purpose(CloudError("network", ""), self, token)

    def _take(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        with self._lock:
            if self._closed:
                raise CloudError("unavailable", "The connection was closed.")
            waiting = self._idle.get((scheme, netloc), [])
            while waiting:
                since, connection = waiting.pop()
                if self._clock() - since < _IDLE_S and not _dropped(connection):
                    self._busy.add(connection)
                    return connection
                connection.close()
            connection = self._new(scheme, netloc)
            self._busy.add(connection)
            return connection

    def _give_back(self, scheme: str, netloc: str, connection: http.client.HTTPConnection, kept: bool) -> None:
        with self._lock:
            self._busy.discard(connection)
            if kept and not self._closed:
                self._idle.setdefault((scheme, netloc), []).append((self._clock(), connection))
                return
        connection.close()

    def _new(self, scheme: str, netloc: str) -> http.client.HTTPConnection:
        host = netloc.rpartition("@")[2]
        proxy = self._proxies.get(scheme)
        if proxy and not urllib.request.proxy_bypass(host.partition(":")[0]):
            return self._through_proxy(scheme, host, proxy)
        if scheme == "https":
            return http.client.HTTPSConnection(host, timeout=_CONNECT_TIMEOUT_S, context=self._tls_context())
        return http.client.HTTPConnection(host, timeout=_CONNECT_TIMEOUT_S)

    def _through_proxy(self, scheme: str, host: str, proxy: str) -> http.client.HTTPConnection:
        parts = urllib.parse.urlsplit(proxy if "://" in proxy else f"http://{proxy}")
        headers = {}
        if parts.username:
            user = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
            headers["Proxy-Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        at = (parts.hostname or "", parts.port or 8080)
        if scheme == "https":
            connection: http.client.HTTPConnection = http.client.HTTPSConnection(
                *at, timeout=_CONNECT_TIMEOUT_S, context=self._tls_context()
            )
        else:
            connection = http.client.HTTPConnection(*at, timeout=_CONNECT_TIMEOUT_S)
        name, _, port = host.partition(":")
        connection.set_tunnel(name, int(port or (443 if scheme == "https" else 80)), headers)
        return connection

    def _tls_context(self) -> ssl.SSLContext:
        """The system's trusted roots, and ours where it has none to offer (macOS)."""
        if self._tls is None:
            self._tls = ssl.create_default_context()
            bundle = os.environ.get("REQUESTS_CA_BUNDLE")
            with contextlib.suppress(OSError, ssl.SSLError):
                if bundle:
                    self._tls.load_verify_locations(bundle)
            if not self._tls.cert_store_stats()["x509_ca"]:
                self._tls.load_verify_locations(self._roots)
        return self._tls


def _exchange(
    connection: http.client.HTTPConnection, method: str, path: str, headers: Mapping[str, str], body: Body | None
) -> http.client.HTTPResponse:
    if connection.sock is None:
        connection.connect()  # which also sends small packets at once (TCP_NODELAY)
    connection.sock.settimeout(_TIMEOUT_S)
    connection.putrequest(method, path, skip_accept_encoding=True)
    for name, value in headers.items():
        connection.putheader(name, value)
    blocks = iter(body.blocks()) if body is not None else iter(())
    try:
        # The head travels with the first block: one packet for a small object.
        connection.endheaders(next(blocks, None))
        for block in blocks:
            connection.send(block)
    except (BrokenPipeError, ConnectionResetError) as broken:
        # The server may have refused before it took everything; its reason is worth more than ours.
        try:
            return connection.getresponse()
        except (OSError, http.client.HTTPException):
            raise broken from None
    return connection.getresponse()


def _is_read(raw: http.client.HTTPResponse) -> bool:
    """Whether the next request may follow on the connection; a short rest is read for that."""
    if not raw.isclosed() and raw.length is not None and raw.length <= _MOST_ERROR_BYTES:
        with contextlib.suppress(OSError, http.client.HTTPException):
            raw.read()
    return raw.isclosed()


def _shut(connection: http.client.HTTPConnection) -> None:
    """Ends whatever waits in the connection's socket; its own thread closes it."""
    sock = connection.sock
    if sock is not None:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(sock, socket.SHUT_RDWR)  # not SSLSocket's, which another thread may be inside


def _dropped(connection: http.client.HTTPConnection) -> bool:
    """Whether the server has closed an idle connection: then it is readable."""
    sock = connection.sock
    if sock is None:
        return True
    try:
        if hasattr(select, "poll"):
            poll = select.poll()
            poll.register(sock, select.POLLIN)
            return bool(poll.poll(0))
        return bool(select.select([sock], [], [], 0)[0])
    except (OSError, ValueError):
        return True


# Errors ---------------------------------------------------------------------------------------------------------------


def _on_purpose(error: CloudError, http_: Http, token: Token) -> CloudError:
    if token.cancelled:
        return CloudError("cancelled", "It was cancelled.")
    if http_.closed:
        return CloudError("unavailable", "The connection was closed.")
    return error


@contextlib.contextmanager
def _explained(host: str, http_: Http | None = None, token: Token | None = None) -> Iterator[None]:
    try:
        yield
    except (OSError, http.client.HTTPException) as error:
        problem = tdg_gateway_errors.unreachable(error, host)
        raise (problem if http_ is None or token is None else _on_purpose(problem, http_, token)) from error


def _refused(response: Response, doing: str) -> CloudError:
    """What an error answer means."""
    with contextlib.suppress(CloudError):
        data = response.read(_MOST_ERROR_BYTES)
        reason, text = _reason(data)
        code = tdg_core_errors.code_of_http(response.status)
        if response.status == 403 and reason in _RATE_REASONS:
            code = "exhausted"
        return CloudError(code, _sentence(code, response.status, doing, text), _retry_after(response))
    return CloudError("network", f"Cannot {doing}: the connection broke in the middle of the answer.")


def _reason(data: bytes) -> tuple[str, str]:
    """The machine's word and the human's sentence in an error's body."""
    try:
        error = json.loads(data)["error"]
        errors = error.get("errors") or [{}]
        return str(errors[0].get("reason", "")), str(error.get("message", ""))[:_MOST_MESSAGE]
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        return "", data[:_MOST_MESSAGE].decode("utf-8", "replace").strip() if data[:1] not in {b"<", b"{"} else ""


def _sentence(code: str, status: int, doing: str, text: str) -> str:
    said = f' The server says: "{text}"' if text else ""
    advice = {
        "credentials": "the credentials are not accepted; check that the key is current and belongs to this project.",
        "permission": "permission denied; grant the account a role that allows it, e.g. Storage Object Admin.",
        "not_found": "it does not exist.",
        "exhausted": "the server asks to go slower.",
        "precondition": "it was changed by someone else meanwhile.",
    }.get(code, f"the server answered with status {status}.")
    return f"Cannot {doing}: {advice}{said}"


def _retry_after(response: Response) -> float:
    """Seconds of the header Retry-After, at most a minute: nobody may send us to sleep for a day."""
    value = (response.headers.get("Retry-After") or "").strip()
    if value.isdigit():
        return min(float(value), 60.0)
    with contextlib.suppress(TypeError, ValueError):
        when, sent = (
            email.utils.parsedate_to_datetime(text) for text in (value, response.headers.get("Date") or value)
        )
        return min(max(0.0, (when - sent).total_seconds()), 60.0)
    return 0.0
''',
    "src/storage/tdg_gateway_signing.py": '''\
"""Signed addresses (v4): they let whoever holds one read or upload one object for a while.

Thread: worker only.
"""

import datetime
from collections.abc import Callable
from typing import Any

import tdg_core_errors
import tdg_core_storage_settings
import tdg_disk_key
import tdg_gateway_app

CloudError = tdg_core_errors.CloudError

#: (bucket, name, method, seconds, content type) -> address; raises `CloudError`.
Sign = Callable[[str, str, str, float, str], str]

_HOW = "use the key file of a service account (*Private Key File*)"


def signer(settings: tdg_core_storage_settings.StorageSettings, app: tdg_gateway_app.App, base: str) -> Sign:
    """Signs with the app's credentials; at an emulator, which checks nothing, with the key file if there is one."""

    def sign(bucket: str, name: str, method: str, expires_s: float, content_type: str) -> str:
        storage, credentials, signing, errors = _packages()
        identity = app.credentials
        if settings.emulator_host and settings.private_key_file:
            info = tdg_disk_key.read_key(settings.private_key_file).info
            identity = credentials.Credentials.from_service_account_info(info)
        extra: dict[str, Any] = {}
        if not isinstance(identity, signing.Signing):
            if not getattr(identity, "service_account_email", ""):
                what = "An emulator without a key" if settings.emulator_host else "These credentials"
                raise CloudError("permission", f"{what} cannot sign addresses; {_HOW}.")
            # A machine's own account has no key here; Google signs for it.
            extra = {"service_account_email": identity.service_account_email, "access_token": identity.token}
        if content_type:
            extra["content_type"] = content_type
        client = storage.Client(
            project=app.project_id, credentials=identity, client_options={"api_endpoint": base} if base else None
        )
        try:
            return str(
                client.bucket(bucket)
                .blob(name)
                .generate_signed_url(
                    version="v4",
                    expiration=datetime.timedelta(seconds=expires_s),
                    method=method,
                    api_access_endpoint=base,
                    **extra,
                )
            )
        except errors.TransportError:
            raise CloudError(
                "permission",
                f"Google may not sign for this account; grant it the role Service Account Token Creator, or {_HOW}.",
            ) from None
        finally:
            client.close()

    return sign


def _packages() -> tuple[Any, Any, Any, Any]:
    """The only place where this file imports Google's packages."""
    try:
        import google.auth.credentials
        import google.auth.exceptions
        import google.cloud.storage
        import google.oauth2.service_account
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return (
        google.cloud.storage,
        google.oauth2.service_account,
        google.auth.credentials,
        google.auth.exceptions,
    )
''',
    "src/storage/tdg_gateway_storage.py": '''\
"""One bucket of Google Cloud Storage: every call there is, in plain values.

Thread: worker only.

The JSON API (https://cloud.google.com/storage/docs/json_api/v1) over `tdg_gateway_http`. Every change carries the
generation it replaces, so whoever calls may repeat it; nothing is repeated here. An object is described by the dict
that `tdg_core_objects.described` makes.
"""

import contextlib
import json
import threading
import urllib.parse
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import tdg_core_errors
import tdg_core_objects
import tdg_core_storage_paths
import tdg_core_storage_settings
import tdg_gateway_app
import tdg_gateway_http
import tdg_gateway_signing

CloudError = tdg_core_errors.CloudError
Body = tdg_gateway_http.Body
Token = tdg_gateway_http.Token
Info = dict[str, Any]

#: What the gateway imports, here and in `tdg_gateway_signing`.
PACKAGES = (
    *tdg_gateway_app.PACKAGES,
    "google.cloud.storage",
    "google.oauth2.service_account",
    "google_crc32c",
    "requests.utils",
)

#: Objects in one page of a listing.
PAGE = 1000

#: What is asked about an object; the rest of the resource is several times as long.
_FIELDS = (
    "name,bucket,generation,metageneration,size,contentType,contentEncoding,cacheControl,updated,timeCreated,md5Hash,"
    "crc32c,metadata"
)

#: What the component does in a bucket, and what is lost without.
_PERMISSIONS = {
    "storage.objects.get": "downloads and metadata",
    "storage.objects.create": "uploads",
    "storage.objects.delete": "deleting and replacing files",
    "storage.objects.list": "listings and sync",
}


@dataclass(frozen=True)
class Page:
    """A part of a listing: objects, names of folders, and the token of the next page (empty after the last)."""

    files: list[Info]
    prefixes: list[str]
    next: str


class _Free:
    """For calls that nobody ends."""

    cancelled = False

    def closing(self, _close: Callable[[], None]) -> contextlib.AbstractContextManager[None]:
        return contextlib.nullcontext()


class Download:
    """The content of an object, as it is stored, on its way.

    Attributes:
        generation: Of the object, 0 if the server does not say.
        size: Bytes of the whole stored object, -1 if the server does not say.
        crc32c: Of the whole stored object; empty if the server does not say.
        encoding: `gzip` when the stored bytes are compressed, else empty.
        start: Where this stream begins.
    """

    def __init__(self, response: tdg_gateway_http.Response, start: int) -> None:
        headers = response.headers
        self._response = response
        self.generation = int(headers.get("X-Goog-Generation") or 0)
        self.crc32c = tdg_core_objects.crc32c_header(headers.get("X-Goog-Hash") or "")
        stored = headers.get("X-Goog-Stored-Content-Encoding") or headers.get("Content-Encoding") or ""
        self.encoding = "gzip" if stored == "gzip" else ""
        whole = (headers.get("Content-Range") or "").rpartition("/")[2] or headers.get("Content-Length") or ""
        self.size = int(whole) if whole.isdigit() else -1
        partial = response.status == 206
        self.start = start if partial else 0

    def read(self, most: int) -> bytes:
        """The next bytes; empty at the end, also when the stream breaks off early.

        Raises:
            CloudError: `network`, `deadline` or `cancelled`.
        """
        return self._response.read(most)


class StorageGateway:
    """A bucket that has answered.

    Attributes:
        project_id: The project of the credentials.
        target: The bucket's name.
        warnings: Sentences for the log, about what will not work.
        extend_crc32c: `(crc, data) -> crc`, Google's compiled one; gives the processor free meanwhile.
    """

    def __init__(
        self,
        http: tdg_gateway_http.Http,
        app: tdg_gateway_app.App,
        bucket: str,
        extend_crc32c: Callable[[int, bytes], int],
        sign: tdg_gateway_signing.Sign,
    ) -> None:
        self.project_id = app.project_id
        self.target = bucket
        self.warnings: list[str] = []
        self.extend_crc32c = extend_crc32c
        self._http = http
        self._app = app
        self._sign = sign
        quoted = urllib.parse.quote(bucket, safe="")
        self._objects = f"/storage/v1/b/{quoted}/o"
        self._bucket = f"/storage/v1/b/{quoted}"
        self._uploads = f"/upload/storage/v1/b/{quoted}/o"

    @property
    def closed(self) -> bool:
        """Whether `close` was called."""
        return self._http.closed

    def close(self) -> None:
        """Ends every call under way. Idempotent, any thread."""
        self._http.close()
        self._app.close()

    # Objects -----------------------------------------------------------------------------------------------------

    def stat(self, name: str, token: Token) -> Info | None:
        """The description of an object; None if there is none.

        Raises:
            CloudError: Anything but `not_found`.
        """
        try:
            target = f"{self._object(name)}?{_query(fields=_FIELDS)}"
            answer = self._http.json("GET", target, f"read the description of {self._said(name)}", token)
        except CloudError as error:
            if error.code == "not_found":
                return None
            raise
        return self._described(answer)

    def page(self, prefix: str, delimiter: str, page: str, token: Token) -> Page:
        """A page of the objects whose names begin with `prefix`; the first one for an empty `page`.

        Raises:
            CloudError: Also when a listing breaks off: a part of a listing is never taken for the whole.
        """
        query = _query(
            prefix=prefix,
            delimiter=delimiter,
            pageToken=page,
            maxResults=PAGE,
            fields=f"nextPageToken,prefixes,items({_FIELDS})",
        )
        answer = self._http.json("GET", f"{self._objects}?{query}", f"list {self._said(prefix + '*')}", token)
        files = [self._described(item) for item in answer.get("items", ())]
        return Page(files, list(answer.get("prefixes", ())), str(answer.get("nextPageToken", "")))

    def delete(self, name: str, generation: int, token: Token) -> None:
        """Deletes that generation of an object.

        Raises:
            CloudError: `not_found`; `precondition` if it has another generation.
        """
        target = f"{self._object(name)}?{_query(ifGenerationMatch=generation)}"
        self._http.json("DELETE", target, f"delete {self._said(name)}", token)

    def copy(self, source: str, source_generation: int, name: str, replaces: int, token: Token) -> Info:
        """Copies an object inside the bucket; no content passes through here. Large ones take several calls.

        Raises:
            CloudError: `not_found` for the source; `precondition` if either side has another generation.
        """
        target = f"{self._object(source)}/rewriteTo{self._object(name).removeprefix('/storage/v1')}"
        rewrite = ""
        while True:
            query = _query(ifSourceGenerationMatch=source_generation, ifGenerationMatch=replaces, rewriteToken=rewrite)
            doing = f"copy {self._said(source)} to {self._said(name)}"
            answer = self._http.json("POST", f"{target}?{query}", doing, token)
            if answer.get("done", True):
                return self._described(answer["resource"])
            rewrite = str(answer["rewriteToken"])

    # Uploads -----------------------------------------------------------------------------------------------------

    def body(self, length: int, blocks: Callable[[], Iterable[bytes]]) -> Body:
        """Content for `insert` and `send`: its length, and a function that gives its blocks, each time anew."""
        return Body(length, blocks)

    def insert(
        self, name: str, meta: Mapping[str, Any], content: Body, replaces: int, token: Token, *, public: bool = False
    ) -> Info:
        """Uploads a small object in one request; the server checks `meta["crc32c"]`.

        Args:
            meta: Fields of the object resource, as `tdg_core_objects.resource` makes them.
            replaces: The generation that this replaces, 0 for none.
            public: Whether anyone may read it.

        Raises:
            CloudError: `precondition` if it has another generation; `checksum` if the content came in damaged;
                `invalid` if it cannot be made public.
        """
        boundary = uuid.uuid4().hex
        resource = json.dumps({**meta, "name": name}, ensure_ascii=False)
        head = (
            f"--{boundary}\\r\\ncontent-type: application/json; charset=UTF-8\\r\\n\\r\\n{resource}\\r\\n"
            f"--{boundary}\\r\\ncontent-type: {meta.get('contentType') or 'application/octet-stream'}\\r\\n\\r\\n"
        ).encode()
        tail = f"\\r\\n--{boundary}--\\r\\n".encode()

        def blocks() -> Iterable[bytes]:
            waiting = head
            for block in content.blocks():
                # The head and a short content leave in one packet.
                yield waiting + block if waiting else block
                waiting = b""
            yield waiting + tail

        query = self._upload_query("multipart", name, replaces, public)
        with _upload_errors(name):
            answer = self._http.json(
                "POST",
                f"{self._uploads}?{query}",
                f"upload {self._said(name)}",
                token,
                headers={"Content-Type": f"multipart/related; boundary={boundary}"},
                body=Body(len(head) + content.length + len(tail), blocks),
            )
        return self._described(answer)

    def begin(
        self, name: str, meta: Mapping[str, Any], size: int, replaces: int, token: Token, *, public: bool = False
    ) -> str:
        """Begins an upload in parts: the address of its session, which lives for a week and needs no credentials.

        Raises:
            CloudError: `precondition` if the object has another generation.
        """
        query = self._upload_query("resumable", name, replaces, public)
        headers = {
            "Content-Type": "application/json; charset=UTF-8",
            "X-Upload-Content-Type": str(meta.get("contentType") or "application/octet-stream"),
            "X-Upload-Content-Length": str(size),
        }
        body = Body.of(json.dumps({**meta, "name": name}, ensure_ascii=False).encode())
        doing = f"begin the upload of {self._said(name)}"
        with (
            _upload_errors(name),
            self._http.call("POST", f"{self._uploads}?{query}", doing, token, headers=headers, body=body) as response,
        ):
            session = response.headers.get("Location") or ""
        if not session:
            raise CloudError("internal", f"Cannot {doing}: the server named no session.")
        return session

    def offset(self, session: str, name: str, size: int, token: Token) -> int | Info:
        """How many bytes a session holds, or the object's description if it is finished.

        Raises:
            CloudError: `not_found` when the session has expired.
        """
        return self._put(session, name, f"bytes */{size}", None, {}, token)

    def send(
        self, session: str, name: str, part: Body, start: int, size: int, token: Token, crc32c: str = ""
    ) -> int | Info:
        """Sends a part of a session; all but the last have a length that 256 KiB divides.

        Args:
            crc32c: Of the whole content; goes with the last part, the server checks it.

        Returns:
            How many bytes the server holds now, or the object's description after the last part.

        Raises:
            CloudError: As `offset`; `precondition` if the object has another generation than when it began; `checksum`.
        """
        content = f"bytes {start}-{start + part.length - 1}/{size}" if part.length else f"bytes */{size}"
        headers = {"X-Goog-Hash": f"crc32c={crc32c}"} if crc32c else {}
        with _upload_errors(name):
            return self._put(session, name, content, part, headers, token)

    def _upload_query(self, kind: str, name: str, replaces: int, public: bool) -> str:
        access = "publicRead" if public else ""
        return _query(uploadType=kind, name=name, ifGenerationMatch=replaces, predefinedAcl=access, fields=_FIELDS)

    def _put(
        self, session: str, name: str, content: str, body: Body | None, headers: Mapping[str, str], token: Token
    ) -> int | Info:
        doing = f"upload {self._said(name)}"
        good = frozenset({200, 201, 308})
        complete = {"Content-Range": content, **headers}
        with self._http.call("PUT", session, doing, token, headers=complete, body=body, good=good) as response:
            if response.status != 308:
                return self._described(response.json())
            held = (response.headers.get("Range") or "").rpartition("-")[2]
            return int(held) + 1 if held.isdigit() else 0

    # Downloads ---------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def read(self, name: str, generation: int, start: int, end: int, token: Token) -> Iterator[Download]:
        """Opens the stored content of an object.

        Args:
            generation: The one that is meant; 0 for the present one.
            start, end: The bytes [start, end); 0 and -1 for all.

        Raises:
            CloudError: `not_found`, also when that generation is gone.
        """
        query = _query(alt="media", generation=generation or "")
        headers = {"Accept-Encoding": "gzip"}  # stored gzip comes as it is: only that can be checked against its CRC32C
        if start or end >= 0:
            headers["Range"] = f"bytes={start}-{end - 1}" if end >= 0 else f"bytes={start}-"
        doing = f"download {self._said(name)}"
        with self._http.call("GET", f"{self._object(name)}?{query}", doing, token, headers=headers) as response:
            yield Download(response, start)

    # Addresses ---------------------------------------------------------------------------------------------------

    def public_url(self, name: str) -> str:
        """Where a public object can be read."""
        return tdg_core_storage_paths.public_url(self._http.base, self.target, name)

    def signed_url(self, name: str, method: str, expires_s: float, content_type: str) -> str:
        """An address that lets anyone read (GET) or upload (PUT) the object for that many seconds.

        Raises:
            CloudError: `credentials` when these cannot sign.
        """
        return self._sign(self.target, name, method, expires_s, content_type)

    # Opening -----------------------------------------------------------------------------------------------------

    def prove(self, emulated: bool) -> None:
        """Reaches the bucket and finds out what may be done there.

        Raises:
            CloudError: `config` if there is no such bucket; `permission` if nothing is allowed in it.
        """
        try:
            if emulated:
                self.page_probe()
                return
            query = _query(permissions=tuple(_PERMISSIONS))
            doing = f"reach the bucket {self.target}"
            answer = self._http.json("GET", f"{self._bucket}/iam/testPermissions?{query}", doing, _Free())
        except CloudError as error:
            if error.code != "not_found":
                raise
            raise CloudError(
                "config",
                f"There is no bucket {self.target}. Enter the name shown in the Firebase console under Storage into "
                "*Bucket Name* (older projects have one that ends in .appspot.com).",
            ) from error
        granted = set(answer.get("permissions", ()))
        missing = [what for permission, what in _PERMISSIONS.items() if permission not in granted]
        if not granted:
            raise CloudError(
                "permission",
                f"The account may do nothing in the bucket {self.target}. In the Google Cloud console, grant it the "
                "role Storage Object Admin on this bucket.",
            )
        if missing:
            self.warnings.append(f"The account lacks a role in {self.target}; these will fail: {', '.join(missing)}.")

    def page_probe(self) -> None:
        """The cheapest call that any emulator answers."""
        query = _query(maxResults=1, fields="items(name)")
        self._http.json("GET", f"{self._objects}?{query}", f"reach the bucket {self.target}", _Free())

    def _object(self, name: str) -> str:
        return f"{self._objects}/{urllib.parse.quote(name, safe='')}"

    def _said(self, name: str) -> str:
        return f"{name} in the bucket {self.target}"

    def _described(self, resource: Mapping[str, Any]) -> Info:
        info = tdg_core_objects.described(resource)
        info["public_url"] = self.public_url(info["name"])
        return info


def open_gateway(settings: tdg_core_storage_settings.StorageSettings) -> StorageGateway:
    """Connects to the bucket of the settings and proves it by a round trip.

    Raises:
        CloudError: `packages`, `config`, `credentials`, `permission`, or why it could not be reached.
    """
    google = _packages()
    app = tdg_gateway_app.open_app(settings)
    try:
        bucket = settings.target or tdg_core_storage_settings.default_bucket(app.project_id)
        base = f"http://{settings.emulator_host}" if settings.emulator_host else tdg_core_storage_paths.GOOGLE
        http = tdg_gateway_http.Http(base, _authorizer(app), google.roots)
        sign = tdg_gateway_signing.signer(settings, app, base)
        gateway = StorageGateway(http, app, bucket, google.extend_crc32c, sign)
        if not google.crc32c_compiled:
            gateway.warnings.append("google-crc32c has no compiled part here: checking large files will be slow.")
    except BaseException:
        app.close()
        raise
    try:
        gateway.prove(bool(settings.emulator_host))
    except BaseException:
        gateway.close()
        raise
    return gateway


@dataclass(frozen=True)
class _Google:
    """What is used of Google's packages."""

    extend_crc32c: Callable[[int, bytes], int]
    crc32c_compiled: bool
    roots: str


def _packages() -> _Google:
    """The only place where this file imports Google's packages."""
    try:
        import google_crc32c
        import requests.utils
    except ImportError as error:
        raise CloudError("packages", f"Google's packages cannot be imported: {error.name} is missing.") from None
    return _Google(
        extend_crc32c=google_crc32c.extend,
        crc32c_compiled=google_crc32c.implementation == "c",
        roots=requests.utils.DEFAULT_CA_BUNDLE_PATH,
    )


def _authorizer(app: tdg_gateway_app.App) -> Callable[[dict[str, str], bool], None]:
    """Adds a valid access token to a request; one thread fetches it, the others wait."""
    lock = threading.Lock()

    def authorize(headers: dict[str, str], renew: bool) -> None:
        with lock:
            if renew or not app.credentials.valid:
                app.fetch_token()
            app.credentials.apply(headers)

    return authorize


@contextlib.contextmanager
def _upload_errors(name: str) -> Iterator[None]:
    """Tells apart what the server answers with one status to an upload."""
    try:
        yield
    except CloudError as error:
        text = error.message.lower()
        if "uniform bucket-level access" in text or "public access prevention" in text:
            raise CloudError(
                "invalid",
                f"{name} cannot be made public by itself: the bucket decides access as a whole. Turn Make Public off "
                "and grant allUsers the role Storage Object Viewer on the bucket, or use GetSignedUrl.",
            ) from error
        if error.code == "invalid" and ("crc32c" in text or "md5" in text or "hash" in text):
            raise CloudError("checksum", f"{name} arrived damaged (checksum differs) and was not stored.") from error
        raise


def _query(**values: Any) -> str:
    """A query string; what is empty (not 0) is left out."""
    return urllib.parse.urlencode({key: value for key, value in values.items() if value not in {"", None}}, doseq=True)
''',
    "src/storage/tdg_td_transfers.py": '''\
"""The transfers as their user sees them: the `transfers` table, the results, the callbacks.

Thread: main only.

The engine decides; this is its picture on the main thread.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tdg_core_jobs
import tdg_core_storage_messages
import tdg_td_callbacks
import tdg_td_log
import tdg_td_tables

Changed = tdg_core_storage_messages.Changed
Transfer = tdg_core_storage_messages.Transfer

COLUMNS = (
    "transfer_id", "type", "remote_path", "local_path", "status", "started_at", "completed_at", "error", "size",
    "progress", "speed",
)  # fmt: skip

#: Ended transfers that stay in the table; the oldest go in batches. An installation runs for months.
MOST_ENDED = 2000
_ENDED_BATCH = 200
#: Ended listings whose files can still be asked for with `GetTransfer`.
_MOST_LISTINGS = 32

#: Shortest time between two calls of `onTransferProgress` for one transfer, in seconds.
_PROGRESS_S = 0.1

_MOVING = frozenset(
    {tdg_core_storage_messages.UPLOAD, tdg_core_storage_messages.DOWNLOAD, tdg_core_storage_messages.SYNC}
)


@dataclass
class _Seen:
    """A transfer in the table."""

    now: Changed
    progress_at: float = float("-inf")
    files: list[dict[str, Any]] = field(default_factory=list)


class Transfers:
    """Keeps table and results in step with the engine.

    Args:
        dat: Finds the `transfers` table; None while it is missing.
        callbacks, log: Where the user is told.
    """

    def __init__(self, dat: Callable[[], Any], callbacks: tdg_td_callbacks.Callbacks, log: tdg_td_log.Log) -> None:
        self._dat = dat
        self._callbacks = callbacks
        self._log = log
        self._table: tdg_td_tables.KeyedTable | None = None
        self._seen: dict[str, _Seen] = {}
        self._ended: deque[str] = deque()
        self._listings: deque[str] = deque()
        self._active: set[str] = set()
        # Resets that the engine has not answered yet: until then it may still speak of what was forgotten.
        self._resets = 0
        #: Ids of what waits for a slot, in order.
        self.pending: deque[str] = deque()
        #: What tells the user of the end of a transfer, by type; every other type is told by `onTransferComplete`.
        self.enders: dict[str, Callable[[Changed, list[dict[str, Any]]], None]] = {
            tdg_core_storage_messages.LIST: self._list_ended,
            tdg_core_storage_messages.METADATA: self._metadata_ended,
        }

    @property
    def active(self) -> int:
        """How many run."""
        return len(self._active)

    def clear(self) -> None:
        """Forgets everything and empties the table."""
        self._seen.clear()
        self._ended.clear()
        self._listings.clear()
        self._active.clear()
        self.pending.clear()
        dat = self._dat()
        self._table = None if dat is None else tdg_td_tables.KeyedTable(dat, COLUMNS)
        if self._table is not None:
            self._table.reset()

    def reset(self) -> None:
        """The user's Reset: what was forgotten does not come back into the table."""
        self._resets += 1
        self.clear()

    def forgotten(self, _: tdg_core_storage_messages.Forgotten) -> None:
        """The engine has carried out a Reset."""
        self._resets -= 1

    def engine_ended(self) -> None:
        """No engine will answer what the former one was asked."""
        self._resets = 0

    def refill(self) -> None:
        """Writes the table anew."""
        dat = self._dat()
        if dat is not None:
            self._table = tdg_td_tables.KeyedTable(dat, COLUMNS)
            self._table.reset()
            self._table.put([_row(seen.now) for seen in self._seen.values()])

    def blank(self) -> None:
        """Empties the table alone, for the time of a save."""
        if self._table is not None:
            self._table.reset()

    def asked(self, transfer: Transfer) -> None:
        """A transfer that has just been accepted: its row is there when the method returns."""
        changed = Changed(
            transfer.id,
            transfer.type,
            transfer.remote_path,
            transfer.local_path,
            tdg_core_jobs.PENDING,
            {key: value for key, value in transfer.options.items() if key != "data"},
            size=transfer.size,
        )
        self._seen[transfer.id] = _Seen(changed)
        self.pending.append(transfer.id)
        self._write(changed)

    def is_open(self, key: str) -> bool:
        """Whether there is such a transfer that has not ended."""
        seen = self._seen.get(key)
        return seen is not None and seen.now.status not in tdg_core_jobs.ENDED

    def get(self, key: str) -> dict[str, Any] | None:
        """What `GetTransfer` returns."""
        seen = self._seen.get(key)
        if seen is None:
            return None
        now = seen.now
        row: dict[str, Any] = dict(zip(COLUMNS, _row(now), strict=True))
        row |= {"size": now.size if now.size >= 0 else None, "progress": _progress(now), "speed": now.speed}
        row |= now.result
        if now.type == tdg_core_storage_messages.LIST:
            row["files"] = list(seen.files)
        return row

    # Events ------------------------------------------------------------------------------------------------------

    def page(self, event: tdg_core_storage_messages.ListPage) -> None:
        """A part of a listing has come."""
        seen = self._seen.get(event.id)
        if seen is not None:
            seen.files += event.files
        self._callbacks.call("onListPage", event.id, event.files)

    def changed(self, event: Changed) -> None:
        """How a transfer stands now."""
        seen = self._seen.get(event.id)
        if seen is None and not self._resets:
            seen = self._seen[event.id] = _Seen(event)
        if seen is None:  # forgotten by a Reset: only its end is told
            if event.status in tdg_core_jobs.ENDED:
                self._tell_end(event, [])
            return
        if event == seen.now and seen.now is not event:
            return
        former, seen.now = seen.now, event
        self._count(event, former)
        self._write(event)
        if event.status in tdg_core_jobs.ENDED:
            self._tell_end(event, seen.files)
            self._retire(event)
        elif event.status == tdg_core_jobs.ACTIVE and event.bytes_done and event.type in _MOVING:
            self._tell_progress(seen)

    def _count(self, event: Changed, former: Changed) -> None:
        """Keeps the waiting and the running ones."""
        if event.status == tdg_core_jobs.PENDING:
            self._active.discard(event.id)
            if former is event:
                self.pending.append(event.id)
            elif former.status != tdg_core_jobs.PENDING:
                self.pending.appendleft(event.id)
            return
        if former.status == tdg_core_jobs.PENDING and former is not event:
            self.pending.remove(event.id)
        if event.status == tdg_core_jobs.ACTIVE:
            self._active.add(event.id)
        else:
            self._active.discard(event.id)

    def _tell_progress(self, seen: _Seen) -> None:
        now, event = time.monotonic(), seen.now
        if now - seen.progress_at < _PROGRESS_S:
            return
        seen.progress_at = now
        self._callbacks.call(
            "onTransferProgress",
            event.id,
            event.type,
            event.remote_path,
            event.local_path,
            event.bytes_done,
            max(event.size, 0),
        )

    def _tell_end(self, event: Changed, files: list[dict[str, Any]]) -> None:
        what = f"{event.type} {event.remote_path or event.local_path}"
        if event.status == tdg_core_jobs.FAILED:
            self._log.error(f"{what} failed: {event.error}")
        elif event.status == tdg_core_jobs.CANCELLED:
            self._log.info(f"{what} {event.error}")
        self.enders.get(event.type, self._transfer_ended)(event, files)

    def _transfer_ended(self, event: Changed, _files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        local_path = str(event.result.get("url", event.local_path))
        self._callbacks.call(
            "onTransferComplete", event.id, event.type, event.remote_path, local_path, success, event.error
        )

    def _metadata_ended(self, event: Changed, files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        metadata = event.result.get("metadata", {})
        self._callbacks.call("onMetadata", event.id, event.remote_path, metadata, success, event.error)
        self._transfer_ended(event, files)

    def _list_ended(self, event: Changed, files: list[dict[str, Any]]) -> None:
        success = event.status == tdg_core_jobs.COMPLETE
        prefix = str(event.options.get("prefix", event.remote_path))
        # A part of a listing must never be taken for the whole.
        given = list(files) if success else []
        self._callbacks.call("onListComplete", event.id, prefix, given, success, event.error)

    def _retire(self, event: Changed) -> None:
        """Lets go of what ended long ago."""
        if event.type == tdg_core_storage_messages.LIST:
            self._listings.append(event.id)
            if len(self._listings) > _MOST_LISTINGS and (old := self._seen.get(self._listings.popleft())) is not None:
                old.files = []
        self._ended.append(event.id)
        if len(self._ended) < MOST_ENDED + _ENDED_BATCH:
            return
        oldest = [self._ended.popleft() for _ in range(_ENDED_BATCH)]
        for key in oldest:
            self._seen.pop(key, None)
        if self._table is not None:
            self._table.remove(oldest)

    def _write(self, event: Changed) -> None:
        if self._table is None:
            self.refill()
        if self._table is not None:
            self._table.put([_row(event)])


def _row(event: Changed) -> tdg_td_tables.Row:
    return (
        event.id,
        event.type,
        event.remote_path,
        event.local_path,
        event.status,
        event.started_at,
        event.completed_at,
        event.error,
        str(event.size) if event.size >= 0 else "",
        f"{_progress(event):.3g}",
        f"{event.speed:.0f}",
    )


def _progress(event: Changed) -> float:
    """From 0 to 1."""
    if event.status == tdg_core_jobs.COMPLETE:
        return 1.0
    return min(1.0, event.bytes_done / event.size) if event.size > 0 else 0.0
''',
    "src/storage/tdg_work_download.py": '''\
"""Brings one object onto the disk: whole or not at all.

Thread: worker only, in several threads for a large object.

What arrives is collected in a partial file beside the target, all of it from one generation of the object, checked
against the object's size and CRC32C, forced to disk and moved over the target in one step. An object stored with gzip
encoding is checked as it is stored and written as it was before.
"""

import threading
import zlib
from pathlib import Path
from typing import Any

import tdg_core_crc32c
import tdg_core_errors
import tdg_core_parts
import tdg_disk_files
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Part = tdg_core_parts.Part

#: An object up to that size comes in one stream; of a larger one parts are taken by several, and remembered.
PART = 16 << 20
#: More connections than that do not make one object faster.
_MOST_STREAMS = 4
#: How often an object may be replaced while it is being downloaded.
_MOST_ROUNDS = 5
#: A server that sends less than that many bytes in that many seconds counts as silent.
_TRICKLE_BYTES = 16 << 10
_TRICKLE_S = 30.0

#: The pinned generation is gone; never leaves this module.
_REPLACED = "aborted"


def download(run: Run) -> dict[str, Any]:
    """Downloads the run's object to its local path and returns `{"metadata": ...}`.

    On failure the partial file stays for the next run of the same transfer; `discard` removes it.

    Raises:
        CloudError: Among others `not_found`, `checksum`, `disk`, `unsafe`.
    """
    tdg_disk_files.make_folder(run.local_path, str(run.options.get("root", "")))
    for _ in range(_MOST_ROUNDS):
        try:
            source = _Download(run).download()
        except CloudError as error:
            if error.code != _REPLACED:
                raise
            discard(run.local_path, run.id)
            run.save({})
            continue
        tdg_disk_files.put_in_place(partial_of(run.local_path, run.id), run.local_path, run.token.sleep)
        size = tdg_disk_files.fingerprint(run.local_path)
        return {"generation": source.generation, "crc32c": source.crc32c, "size": size.size if size else source.size}
    raise CloudError("unavailable", f"{run.remote_path} was replaced again and again while it was downloaded.")


def partial_of(local_path: str, job: str) -> Path:
    """Where a download collects its content."""
    return tdg_disk_files.partial(local_path, job)


def discard(local_path: str, job: str) -> None:
    """Removes what a download has collected."""
    tdg_disk_files.remove(partial_of(local_path, job))


class _Download:
    """One generation of an object on its way into the partial file."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._path = partial_of(run.local_path, run.id)
        self._lock = threading.Lock()
        self._error: CloudError | None = None
        self._plan: tdg_core_parts.Plan

    def download(self) -> tdg_core_parts.Source:
        """Fetches what is missing and checks the whole."""
        run = self._run
        source = self._resumed()
        if source is None:
            source = self._first_stream()
        else:
            self._fetch(source)
        run.token.check()
        self._check(source)
        return source

    def _resumed(self) -> tdg_core_parts.Source | None:
        """What a former run has begun, if the object is still the same and its partial file there."""
        run = self._run
        source = tdg_core_parts.Source.from_plain(run.state.get("source"))
        there = tdg_disk_files.fingerprint(self._path)
        if source is None or there is None or there.size != source.size or source.bucket != run.gateway.target:
            return None
        now = run.tries().until_done(lambda: run.gateway.stat(run.remote_path, run.token))
        if now is None or now["generation"] != source.generation or now["crc32c"] != source.crc32c:
            return None
        self._plan = tdg_core_parts.Plan(source.size, PART)
        with self._path.open("rb", buffering=0) as file:
            for start in run.state.get("parts", []):
                part = self._plan.resume(start)
                if part is not None:
                    extend = run.gateway.extend_crc32c
                    part.crc = tdg_disk_files.checksum(file, part.start, part.length, extend)
                    run.token.check()
        return source

    def _first_stream(self) -> tdg_core_parts.Source:
        """Opens the object, learns from the answer what it is, and takes the beginning from the same stream."""
        run, tries = self._run, self._run.tries()
        source = None
        while source is None:
            try:
                with run.gateway.read(run.remote_path, 0, 0, -1, run.token) as stream:
                    source = self._source(stream)
                    if source.encoded:
                        self._decode(stream, source)
                        return source
                    self._begin(source)
                    self._fetch(source, stream)
            except CloudError as error:
                if source is not None and not source.encoded:
                    raise
                source = None
                tries.failed(error)
        return source

    def _source(self, stream: Any) -> tdg_core_parts.Source:
        run = self._run
        source = tdg_core_parts.Source(
            run.gateway.target, stream.generation, stream.size, stream.crc32c, stream.encoding == "gzip"
        )
        pinned = source.generation or 0 <= source.size <= PART
        if source.crc32c and (source.encoded or (pinned and source.size >= 0)):
            return source
        # An emulator tells less in the answer than in the description.
        info = run.gateway.stat(run.remote_path, run.token)
        if info is None:
            raise CloudError("not_found", f"{run.remote_path} was deleted while it was being downloaded.")
        return tdg_core_parts.Source(
            source.bucket, info["generation"], info["size"], info["crc32c"], info["content_encoding"] == "gzip"
        )

    def _begin(self, source: tdg_core_parts.Source) -> None:
        tdg_disk_files.remove(self._path)
        tdg_disk_files.open_partial(self._path, source.size)
        self._plan = tdg_core_parts.Plan(source.size, PART)
        if source.size > PART:
            self._run.save({"source": source.as_plain(), "parts": []})

    # Parts in parallel -------------------------------------------------------------------------------------------

    def _fetch(self, source: tdg_core_parts.Source, stream: Any = None) -> None:
        """Takes all parts, the first ones from the stream that is open already."""
        others = min(self._run.streams, _MOST_STREAMS, self._plan.missing) - 1
        helpers = [
            threading.Thread(target=self._guarded, args=(source, None), name="tdg-part", daemon=True)
            for _ in range(others)
        ]
        for helper in helpers:
            helper.start()
        self._guarded(source, stream)
        for helper in helpers:
            helper.join()
        if self._error is not None:
            raise self._error

    def _guarded(self, source: tdg_core_parts.Source, stream: Any) -> None:
        try:
            self._take_parts(source, stream)
        except CloudError as error:
            with self._lock:
                self._error = self._error or error
        except Exception as error:  # a thread's last line; the transfer fails with it
            with self._lock:
                self._error = self._error or CloudError("internal", f"{type(error).__name__} in a download: a defect.")

    def _stopped(self) -> bool:
        """Whether another thread of this download has failed."""
        return self._error is not None

    def _take_parts(self, source: tdg_core_parts.Source, stream: Any) -> None:
        tries = self._run.tries()
        while not self._stopped():
            with self._lock:
                part = self._plan.take(first=stream is not None)
            if part is None:
                return
            while part.missing:
                if self._stopped():
                    return
                at = part.start + part.done
                try:
                    if stream is not None and stream.start == at:
                        self._read(stream, part, tries)
                        continue
                    with self._run.gateway.read(
                        self._run.remote_path, source.generation, at, part.end, self._run.token
                    ) as ranged:
                        self._same(ranged, source, at)
                        self._read(ranged, part, tries)
                except CloudError as error:
                    stream = None
                    if error.code == "not_found":
                        raise CloudError(_REPLACED, f"{self._run.remote_path} was replaced.") from error
                    tries.failed(error)
            if stream is not None:
                stream.start = part.end
            self._finished(source, part)

    def _same(self, stream: Any, source: tdg_core_parts.Source, at: int) -> None:
        if stream.generation not in {0, source.generation}:
            raise CloudError(_REPLACED, f"{self._run.remote_path} was replaced.")
        if stream.start != at:
            raise CloudError("internal", f"The server did not send the part of {self._run.remote_path} asked for.")

    def _read(self, stream: Any, part: Part, tries: tdg_work_transfer.Tries) -> None:
        """Writes what the stream has of a part."""
        run = self._run
        extend = run.gateway.extend_crc32c
        trickle = _Trickle(run)
        with tdg_disk_files.writing(self._path, part.start + part.done) as write:
            while part.missing:
                run.token.check()
                if self._stopped():
                    return
                block = stream.read(min(tdg_disk_files.BLOCK, part.missing))
                if not block:
                    raise CloudError("network", f"The download of {run.remote_path} broke off; check the network.")
                write(block)
                part.crc = extend(part.crc, block)
                part.done += len(block)
                tries.progressed()
                trickle.got(len(block))
                run.progress(self._plan.done, self._plan.size)

    def _finished(self, source: tdg_core_parts.Source, part: Part) -> None:
        with self._lock:
            starts = self._plan.finish(part)
        if source.size > PART:
            self._run.save({"source": source.as_plain(), "parts": starts})

    # Encoded objects ---------------------------------------------------------------------------------------------

    def _decode(self, stream: Any, source: tdg_core_parts.Source) -> None:
        """Writes a gzip-encoded object decoded, in one go: a break means starting over."""
        run = self._run
        extend = run.gateway.extend_crc32c
        crc, done, trickle = 0, 0, _Trickle(run)
        decoder = zlib.decompressobj(wbits=31)
        tdg_disk_files.remove(self._path)
        tdg_disk_files.open_partial(self._path, 0)
        with tdg_disk_files.writing(self._path, 0) as write:
            while block := stream.read(tdg_disk_files.BLOCK):
                run.token.check()
                crc = extend(crc, block)
                done += len(block)
                trickle.got(len(block))
                run.progress(done, source.size)
                try:
                    while block:
                        write(decoder.decompress(block, tdg_disk_files.BLOCK))
                        block = decoder.unconsumed_tail
                except zlib.error:
                    raise CloudError(
                        "invalid",
                        f"{run.remote_path} is marked as gzip but is none; correct its content encoding in the bucket.",
                    ) from None
            write(decoder.flush())
        if source.size >= 0 and done != source.size:
            raise CloudError("network", f"The download of {run.remote_path} broke off; check the network.")
        self._plan = tdg_core_parts.Plan(done, max(done, 1))
        part = self._plan.take(first=True)
        if part is not None:
            part.crc, part.done = crc, done
            self._plan.finish(part)

    # Checking ----------------------------------------------------------------------------------------------------

    def _check(self, source: tdg_core_parts.Source) -> None:
        found = tdg_core_crc32c.to_text(self._plan.crc())
        if not source.crc32c or found == source.crc32c:
            return
        discard(self._run.local_path, self._run.id)
        self._run.save({})
        raise CloudError(
            "checksum",
            f"{self._run.remote_path} arrived damaged: its CRC32C is {found}, the bucket says {source.crc32c}.",
        )


class _Trickle:
    """Notices a server that sends, but next to nothing: the time-out of a socket never sees that."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._since = run.around.clock()
        self._bytes = 0

    def got(self, count: int) -> None:
        """So many bytes have come.

        Raises:
            CloudError: `deadline`.
        """
        self._bytes += count
        now = self._run.around.clock()
        if now - self._since < _TRICKLE_S:
            return
        if self._bytes < _TRICKLE_BYTES:
            raise CloudError("deadline", f"{self._run.remote_path} comes too slowly; check the network.")
        self._since, self._bytes = now, 0
''',
    "src/storage/tdg_work_queries.py": '''\
"""The transfers that move no file: delete, list, metadata, signed address.

Thread: worker only.
"""

from typing import Any

import tdg_core_errors
import tdg_core_storage_messages
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run

#: Pages of a listing that may wait for the main thread.
PAGES_AHEAD = 4

#: How often the object may change between our look and our deletion.
_MOST_ROUNDS = 10


def delete(run: Run) -> dict[str, Any]:
    """Deletes the run's object, whatever its generation.

    Raises:
        CloudError: `not_found` when there was none.
    """
    tries = run.tries()
    maybe_gone = run.restored
    rounds = 0
    while True:
        try:
            info = run.gateway.stat(run.remote_path, run.token)
            if info is not None:
                run.gateway.delete(run.remote_path, info["generation"], run.token)
            elif not maybe_gone:
                raise CloudError("not_found", f"There is no {run.remote_path} in the bucket {run.gateway.target}.")
            break
        except CloudError as error:
            if error.code == "precondition" and rounds < _MOST_ROUNDS:
                rounds += 1
                continue
            if error.code == "not_found" and maybe_gone:
                break
            maybe_gone |= error.todo == tdg_core_errors.RETRY
            tries.failed(error)
    run.around.remember(run.remote_path, 0)
    return {}


def metadata(run: Run) -> dict[str, Any]:
    """Describes the run's object.

    Raises:
        CloudError: `not_found`.
    """
    info = run.tries().until_done(lambda: run.gateway.stat(run.remote_path, run.token))
    if info is None:
        raise CloudError("not_found", f"There is no {run.remote_path} in the bucket {run.gateway.target}.")
    return {"metadata": info, "size": info["size"]}


def list_files(run: Run) -> dict[str, Any]:
    """Lists the objects below the run's prefix, page by page; the pages go out as they come.

    The next page is fetched only while few wait to be taken, so a listing of any length needs little memory here.

    Raises:
        CloudError: Also when it breaks off half way.
    """
    for _ in range(PAGES_AHEAD):
        run.pages.release()
    delimiter = str(run.options.get("delimiter", "/"))
    prefixes: dict[str, None] = {}
    count, page_token = 0, ""
    tries = run.tries()
    while True:
        wanted = page_token
        page = tries.until_done(lambda: run.gateway.page(run.remote_path, delimiter, wanted, run.token))  # noqa: B023
        prefixes.update(dict.fromkeys(page.prefixes))
        count += len(page.files)
        while not run.pages.acquire(timeout=0.2):
            run.token.check()
        if page.files:
            run.emit(tdg_core_storage_messages.ListPage(run.id, page.files))
        page_token = page.next
        if not page_token:
            return {"prefixes": list(prefixes), "count": count}


def signed_url(run: Run) -> dict[str, Any]:
    """Makes an address that lets anyone read or upload the run's object for a while.

    Raises:
        CloudError: `credentials` when these cannot sign.
    """
    minutes = float(run.options.get("minutes", 60))
    method = str(run.options.get("method", "GET"))
    content_type = str(run.options.get("content_type", ""))
    return {"url": run.gateway.signed_url(run.remote_path, method, minutes * 60, content_type)}
''',
    "src/storage/tdg_work_spool.py": '''\
"""Data that TouchDesigner holds and no file: kept in a file of our own until it is in the bucket. And what else ended
transfers leave on the disk.

Thread: worker only.
"""

import base64
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_jobs
import tdg_core_storage_messages
import tdg_disk_files
import tdg_work_download
import tdg_work_transfer
import tdg_work_upload

CloudError = tdg_core_errors.CloudError
Transfer = tdg_core_storage_messages.Transfer


def upload(run: tdg_work_transfer.Run) -> dict[str, Any]:
    """As `tdg_work_upload.upload`; small data comes with the request and is written to its file first."""
    data = run.options.get("data")
    if data is not None and tdg_disk_files.fingerprint(run.local_path) is None:
        tdg_disk_files.write_whole(Path(run.local_path), base64.b64decode(data))
    return tdg_work_upload.upload(run)


def needs_tidying(transfer: Transfer, status: str) -> bool:
    """Whether a transfer that ended like that may have left a file."""
    if transfer.type == tdg_core_storage_messages.UPLOAD:
        return bool(transfer.options.get("spooled"))
    return transfer.type == tdg_core_storage_messages.DOWNLOAD and status != tdg_core_jobs.COMPLETE


def tidy(transfer: Transfer, status: str) -> str:
    """Removes what an ended transfer left.

    Returns:
        Where data is kept that could not be uploaded and exists nowhere else; empty if nothing is.
    """
    if transfer.type == tdg_core_storage_messages.DOWNLOAD:
        tdg_work_download.discard(transfer.local_path, transfer.id)
        return ""
    if status != tdg_core_jobs.FAILED:
        tdg_disk_files.remove(transfer.local_path)
        return ""
    path = Path(transfer.local_path)
    data = transfer.options.get("data")
    if data is not None and not path.exists():
        tdg_disk_files.write_whole(path, base64.b64decode(data))
    return str(path) if path.exists() else ""
''',
    "src/storage/tdg_work_storage.py": '''\
"""The storage engine: takes transfers, runs them in order within the limit, and loses none.

Thread: worker only.
"""

import datetime
import functools
import itertools
import queue
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import tdg_core_errors
import tdg_core_jobs
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_messages
import tdg_core_storage_settings
import tdg_disk_files
import tdg_work_download
import tdg_work_engine
import tdg_work_loop
import tdg_work_queries
import tdg_work_spool
import tdg_work_storage_store
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Accepted = tdg_core_messages.Accepted
Job = tdg_core_jobs.Job
Run = tdg_work_transfer.Run
Settings = tdg_core_storage_settings.StorageSettings
Transfer = tdg_core_storage_messages.Transfer
Worker = Callable[[Run], dict[str, Any]]

#: What runs a transfer of each type, in a helper thread.
WORKERS: dict[str, Worker] = {
    tdg_core_storage_messages.UPLOAD: tdg_work_spool.upload,
    tdg_core_storage_messages.DOWNLOAD: tdg_work_download.download,
    tdg_core_storage_messages.DELETE: tdg_work_queries.delete,
    tdg_core_storage_messages.LIST: tdg_work_queries.list_files,
    tdg_core_storage_messages.METADATA: tdg_work_queries.metadata,
    tdg_core_storage_messages.SIGNED_URL: tdg_work_queries.signed_url,
}

#: How often a transfer that fails while the connection is fine is tried again, with growing waits, before it fails.
_ROUNDS = 6
_ROUND = tdg_core_retry.BreakerSettings(backoff_base=2.0, backoff_max_s=300.0)

#: How often a transfer that gets nothing through may say that the connection is lost, before it waits by itself.
_TROUBLES = 3

#: When others were heard of within that many seconds, a failing transfer is alone with its trouble.
_ALIVE_S = 5.0

#: Seconds until a store that could not be written is tried again.
_STORE_RETRY_S = 5.0


@dataclass
class _Facts:
    """What the engine knows of a transfer besides its place in the queue."""

    transfer: Transfer
    #: What its last run left for the next one.
    state: dict[str, Any] = field(default_factory=dict)
    #: Whether an earlier run may have changed the bucket unheard.
    restored: bool = False
    run: Run | None = None
    cancel: str = ""
    #: It has ended, but for the files it leaves.
    ending: bool = False
    rounds: int = 0
    troubles: int = 0
    started_at: str = ""
    completed_at: str = ""
    error: str = ""
    size: int = -1
    done: int = 0
    speed: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)


class StorageEngine(tdg_work_engine.Engine[Settings]):
    """Runs transfers.

    Args:
        loop, settings, open_gateway: As for `Engine`.
        workers: What runs each type.
        around: Clock and chance.
    """

    def __init__(
        self,
        loop: tdg_work_loop.Loop,
        settings: Settings,
        open_gateway: Callable[[Settings], Any],
        workers: dict[str, Worker] | None = None,
        around: tdg_work_transfer.Surroundings | None = None,
    ) -> None:
        super().__init__(loop, settings, open_gateway)
        self.queue = tdg_core_jobs.Queue(settings.max_concurrent)
        self._workers = workers or WORKERS
        self._around = around or tdg_work_transfer.Surroundings()
        self._numbers = itertools.count(1)
        self._store = self._open_store()
        # What the next commit writes, and what is told after it.
        self._states: dict[str, dict[str, Any]] = {}
        self._ended: list[str] = []
        self._news: list[tdg_core_storage_messages.Changed] = []
        self._commit_planned = False
        # Entries that run already although they could not be stored yet, by object.
        self._taken: set[int] = set()
        # When each running transfer was last heard of.
        self._heard: dict[str, float] = {}
        self.handlers |= {
            "storage.spool": self._spool,
            "storage.page_taken": self._page_taken,
        }

    def begin(self) -> None:
        """Takes up what a former run of the component left."""
        for kept in self._store.transfers():
            self._add(_Facts(kept.transfer, kept.state, restored=True, size=kept.transfer.size))

    # Hooks -------------------------------------------------------------------------------------------------------

    def on_settings(self, _former: Settings) -> None:
        self.queue.limit = self.settings.max_concurrent
        self.pump()

    def on_connected(self) -> None:
        for warning in self.gateway.warnings:
            self.loop.log("WARNING", warning)
        self._around.known.clear()
        for job in self.queue.waiting:
            if not self._facts(job).ending:
                job.not_before = 0.0
        self.pump()

    def on_disconnected(self) -> None:
        for job in self.queue.running:
            self._facts(job).run.token.cancel()  # type: ignore[union-attr]  # a running job has one

    def on_accepted(self, entries: list[Accepted]) -> None:
        try:
            self._store_all(entries)
        except CloudError:
            # The disk is full or gone: goes on in memory, and the journal keeps what the store does not have.
            for entry in entries:
                self._take_once(entry)
            raise
        else:
            self._taken.clear()
            numbers = tuple(entry.entry for entry in entries if entry.entry)
            self.loop.outbox.put(tdg_core_messages.Stored(numbers))
        finally:
            self._publish()

    def on_forget(self) -> None:
        for job in [*self.queue.waiting, *self.queue.running]:
            self._cancel(job, "cancelled by Reset", active=True)
        self._commit()
        self.loop.outbox.put(tdg_core_storage_messages.Forgotten())

    def on_close(self) -> None:
        self._commit()
        self._store.close()

    # Requests ----------------------------------------------------------------------------------------------------

    def _spool(self, request: tdg_core_storage_messages.Spool) -> None:
        entry = Accepted("", 0, request.transfer)
        write = functools.partial(tdg_disk_files.write_whole, Path(str(request.transfer["local_path"])), request.data)
        self.loop.spawn("spool", write, then=lambda _, error: self._spooled(entry, error))

    def _spooled(self, entry: Accepted, error: CloudError | None) -> None:
        if error is None:
            self.handle(entry)
            return
        transfer = tdg_core_messages.from_plain(entry.message)
        assert isinstance(transfer, Transfer)
        facts = _Facts(transfer, completed_at=_now(), error=error.message)
        self.loop.outbox.put(self._changed(facts, tdg_core_jobs.FAILED))

    def _page_taken(self, request: tdg_core_storage_messages.PageTaken) -> None:
        job = self.queue.jobs.get(request.id)
        if job is not None and (run := self._facts(job).run) is not None:
            run.pages.release()

    # Taking ------------------------------------------------------------------------------------------------------

    def _take_once(self, entry: Accepted) -> None:
        if id(entry) not in self._taken:
            self._taken.add(id(entry))
            self._take(entry)

    def _take(self, entry: Accepted) -> None:
        """An accepted request that is new."""
        try:
            message = tdg_core_messages.from_plain(entry.message)
        except ValueError:
            self.loop.log("ERROR", "A request of another version of this component was dropped.")
            return
        if isinstance(message, tdg_core_storage_messages.Cancel):
            wanted = self.queue.waiting + self.queue.running
            for job in wanted if message.ids is None else [job for job in wanted if job.id in message.ids]:
                self._cancel(job, "cancelled", active=message.include_active)
        elif isinstance(message, Transfer) and message.id not in self.queue.jobs:
            self._add(_Facts(message, size=message.size))

    def _add(self, facts: _Facts) -> None:
        transfer = facts.transfer
        if transfer.type not in self._workers:
            facts.error, facts.completed_at = f"This version knows no transfer of type {transfer.type!r}.", _now()
            self._report_end(transfer.id, facts, tdg_core_jobs.FAILED)
            return
        writes, reads = _touches(transfer)
        counted = transfer.type != tdg_core_storage_messages.SYNC
        job = Job(transfer.id, next(self._numbers), writes, reads, counted, data=facts)
        self.queue.add(job)
        self._tell(job)

    def _cancel(self, job: Job, why: str, *, active: bool) -> None:
        facts = self._facts(job)
        if facts.ending:
            return
        if job.status == tdg_core_jobs.PENDING:
            self._over(job, tdg_core_jobs.CANCELLED, why)
        elif active and facts.run is not None:
            facts.cancel = why
            facts.run.token.cancel()

    # Running -----------------------------------------------------------------------------------------------------

    def pump(self) -> None:
        """Starts what may run now."""
        if self.gateway is None:
            return
        for job in self.queue.startable(self.loop.clock()):
            self._start(job)

    def _start(self, job: Job) -> None:
        facts = self._facts(job)
        transfer = facts.transfer
        self.queue.start(job)
        run = facts.run = Run(
            id=job.id,
            remote_path=transfer.remote_path,
            local_path=transfer.local_path,
            options=transfer.options,
            gateway=self.gateway,
            settings=self.settings,
            state=facts.state,
            restored=facts.restored,
            streams=1 + self.queue.free,
            tell=lambda done, total, speed: self.loop.call(self._progress, job, done, total, speed),
            keep=lambda state: self.loop.call(self._keep, job, state),
            emit=self.loop.outbox.put,
            around=self._around,
        )
        facts.restored = True
        facts.started_at = facts.started_at or _now()
        facts.error, facts.done, facts.speed = "", 0, 0.0
        self._heard[job.id] = self.loop.clock()
        self._tell(job)
        worker = self._workers[transfer.type]
        self.loop.spawn(transfer.type, worker, run, then=lambda result, error: self._returned(job, run, result, error))

    def _progress(self, job: Job, done: int, total: int, speed: float) -> None:
        if job.status != tdg_core_jobs.ACTIVE:
            return
        facts = self._facts(job)
        if done > facts.done:
            facts.rounds = facts.troubles = 0
        facts.done, facts.size, facts.speed = done, total, speed
        self._heard[job.id] = self.loop.clock()
        self._tell(job)

    def _keep(self, job: Job, state: dict[str, Any]) -> None:
        self._facts(job).state = state
        self._states[job.id] = state
        self._plan_commit()

    def _returned(self, job: Job, run: Run, result: dict[str, Any] | None, error: CloudError | None) -> None:
        """A helper thread has come back."""
        facts = self._facts(job)
        facts.run = None
        self._heard.pop(job.id, None)
        if error is None:
            facts.result = result or {}
            facts.size = facts.done = int(facts.result.pop("size", max(facts.size, facts.done, 0)))
            self._heard[""] = self.loop.clock()
            self._over(job, tdg_core_jobs.COMPLETE)
        elif facts.cancel:
            self._over(job, tdg_core_jobs.CANCELLED, facts.cancel)
        elif self.gateway is not run.gateway:
            self._wait_again(job, 0.0)
        else:
            self._failed(job, error)
        self.pump()

    def _failed(self, job: Job, error: CloudError) -> None:
        facts = self._facts(job)
        facts.error = error.message
        unreachable = error.code in tdg_core_errors.CONNECTION_CODES
        alone = facts.troubles >= _TROUBLES or self._others_heard(job)
        if error.todo == tdg_core_errors.STOP or (unreachable and not alone):
            facts.troubles += unreachable
            self._wait_again(job, 0.0)
            self.trouble(error)
            return
        facts.rounds += 1
        # What only the server's mood decides is waited for as long as it takes.
        patient = unreachable or error.code == "exhausted"
        if patient or (error.todo == tdg_core_errors.RETRY and facts.rounds < _ROUNDS):
            wait_s = max(error.retry_after_s, tdg_core_retry.backoff_s(facts.rounds, _ROUND))
            self.loop.log("WARNING", f"{error.message} Tried again in {wait_s:.0f} s.")
            self._wait_again(job, tdg_core_retry.jittered(wait_s, self._around.random()))
            return
        self._over(job, tdg_core_jobs.FAILED, error.message)

    def _others_heard(self, job: Job) -> bool:
        """Whether the server has answered somebody else lately."""
        since = self.loop.clock() - _ALIVE_S
        return any(at >= since for key, at in self._heard.items() if key != job.id)

    def _wait_again(self, job: Job, delay_s: float) -> None:
        job.not_before = self.loop.clock() + delay_s
        self.queue.wait_again(job)
        self._facts(job).speed = 0.0
        self._tell(job)
        if delay_s:
            self.loop.call_later(delay_s, self.pump)

    # Ending ------------------------------------------------------------------------------------------------------

    def _over(self, job: Job, status: str, error: str = "") -> None:
        """The transfer has ended; first what it leaves on the disk is removed."""
        facts = self._facts(job)
        facts.error, facts.completed_at, facts.speed = error, _now(), 0.0
        if not tdg_work_spool.needs_tidying(facts.transfer, status):
            self._end(job, status)
            return
        facts.ending, job.not_before = True, float("inf")
        tidy = functools.partial(tdg_work_spool.tidy, facts.transfer, status)
        self.loop.spawn("tidy", tidy, then=lambda kept, _: self._tidied(job, status, kept))

    def _tidied(self, job: Job, status: str, kept: str | None) -> None:
        if kept:
            facts = self._facts(job)
            facts.error = f"{facts.error} The data is kept in {kept}."
        self._end(job, status)
        self.pump()

    def _end(self, job: Job, status: str) -> None:
        self.queue.end(job, status)
        self._report_end(job.id, self._facts(job), status)

    def _report_end(self, key: str, facts: _Facts, status: str) -> None:
        """It is told when the store knows."""
        self._ended.append(key)
        self._news.append(self._changed(facts, status))
        self._plan_commit()

    # Store -------------------------------------------------------------------------------------------------------

    def _open_store(self) -> tdg_work_storage_store.StorageStore:
        path = Path(self.settings.store_file) if self.settings.store_file else None
        try:
            return tdg_work_storage_store.StorageStore(path, self.loop.notice)
        except CloudError as error:
            self.loop.notice("ERROR", f"{error.message} Until then what is accepted does not survive a restart.")
            return tdg_work_storage_store.StorageStore(None, self.loop.notice)

    def _plan_commit(self) -> None:
        """Commits once for everything that is waiting in the inbox."""
        if not self._commit_planned:
            self._commit_planned = True
            self.loop.call(self._commit)

    def _commit(self) -> None:
        self._commit_planned = False
        try:
            if self._states or self._ended:
                self._store_all([])
        except CloudError as error:
            self.loop.tell(error)
            self.loop.call_later(_STORE_RETRY_S, self._plan_commit)
        finally:
            self._publish()

    def _store_all(self, entries: list[Accepted]) -> None:
        """Everything that has happened since the last time, in one transaction."""
        with self._store.transaction():
            for entry in entries:
                if self._store.is_new(entry):
                    if entry.message.get("kind") == Transfer.kind:
                        self._store.insert(entry.message)
                    self._take_once(entry)
            ended = list(self._ended)
            self._store.keep(self._states)
            self._store.remove(ended)
        self._states.clear()
        del self._ended[: len(ended)]

    def _publish(self) -> None:
        news, self._news = self._news, []
        for event in news:
            self.loop.outbox.put(event, merge_key=event.id)
        self.pump()

    # Telling -----------------------------------------------------------------------------------------------------

    def _facts(self, job: Job) -> _Facts:
        facts: _Facts = job.data
        return facts

    def _tell(self, job: Job) -> None:
        event = self._changed(self._facts(job), job.status)
        if self._news:  # nobody sees a transfer begin before the one that made room for it has ended
            self._news.append(event)
        else:
            self.loop.outbox.put(event, merge_key=event.id)

    def _changed(self, facts: _Facts, status: str) -> tdg_core_storage_messages.Changed:
        transfer = facts.transfer
        return tdg_core_storage_messages.Changed(
            id=transfer.id,
            type=transfer.type,
            remote_path=transfer.remote_path,
            local_path=transfer.local_path,
            status=status,
            options={key: value for key, value in transfer.options.items() if key != "data"},
            started_at=facts.started_at,
            completed_at=facts.completed_at,
            error=facts.error,
            size=facts.size,
            bytes_done=facts.done,
            speed=facts.speed,
            result=facts.result,
        )


def _touches(transfer: Transfer) -> tuple[frozenset[str], frozenset[str]]:
    """What a transfer changes and what it only reads, as keys."""
    remote, local = f"bucket:{transfer.remote_path}", f"disk:{transfer.local_path}"
    return {
        tdg_core_storage_messages.UPLOAD: (frozenset({remote}), frozenset({local})),
        tdg_core_storage_messages.DOWNLOAD: (frozenset({local}), frozenset({remote})),
        tdg_core_storage_messages.DELETE: (frozenset({remote}), frozenset[str]()),
        tdg_core_storage_messages.METADATA: (frozenset[str](), frozenset({remote})),
        tdg_core_storage_messages.SYNC: (frozenset({"sync"}), frozenset[str]()),
    }.get(transfer.type, (frozenset[str](), frozenset[str]()))


def _now() -> str:
    return datetime.datetime.now().astimezone().isoformat(timespec="milliseconds")


def serve(
    inbox: "queue.SimpleQueue[Any]",
    outbox: tdg_work_loop.Outbox,
    *,
    open_gateway: Callable[[Settings], Any],
    settings: Settings,
) -> None:
    """The engine's entry point: serves until it finds None in the inbox."""
    loop = tdg_work_loop.Loop(inbox, outbox)
    engine = StorageEngine(loop, settings, open_gateway)
    loop.call(engine.begin)
    loop.run(engine.handle, engine.close)
''',
    "src/storage/tdg_work_storage_store.py": '''\
"""The storage engine's SQLite file: transfers that were accepted and have not ended, with what they left half done.

Thread: worker only.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tdg_core_messages
import tdg_core_storage_messages
import tdg_disk_sqlite
import tdg_work_store

Transfer = tdg_core_storage_messages.Transfer

_SCHEMA = """
CREATE TABLE transfers (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    message TEXT NOT NULL,
    state TEXT NOT NULL DEFAULT '{}'
)
"""


@dataclass(frozen=True)
class Kept:
    """A transfer as the store has it."""

    transfer: Transfer
    state: dict[str, Any]


class StorageStore(tdg_work_store.Store):
    """What must survive a restart.

    Args:
        path: The file; None for memory.
        tell: Told when a damaged file was moved aside.

    Raises:
        CloudError: As `tdg_work_store.Store`.
    """

    def __init__(self, path: Path | None, tell: tdg_disk_sqlite.Tell) -> None:
        super().__init__(path, [_SCHEMA], tell)
        self._tell = tell

    def transfers(self) -> list[Kept]:
        """All transfers that have not ended, in the order in which they were asked for."""
        rows = self.connection.execute("SELECT message, state FROM transfers ORDER BY number")
        found = []
        for message, state in rows:
            try:
                transfer = tdg_core_messages.from_plain(json.loads(message))
            except ValueError as error:
                self._tell("ERROR", f"A waiting transfer in {self.path} cannot be read and is left there ({error}).")
                continue
            assert isinstance(transfer, Transfer)
            found.append(Kept(transfer, json.loads(state)))
        return found

    def insert(self, message: dict[str, Any]) -> None:
        """Adds a transfer (a plain message) behind all others; inside a transaction."""
        text = json.dumps(message, ensure_ascii=False)
        self.connection.execute("INSERT OR IGNORE INTO transfers (id, message) VALUES (?, ?)", (message["id"], text))

    def keep(self, states: dict[str, dict[str, Any]]) -> None:
        """Replaces what transfers left half done, by id; inside a transaction."""
        rows = [(json.dumps(state), key) for key, state in states.items()]
        self.connection.executemany("UPDATE transfers SET state = ? WHERE id = ?", rows)

    def remove(self, ids: Iterable[str]) -> None:
        """Forgets transfers that have ended; inside a transaction."""
        self.connection.executemany("DELETE FROM transfers WHERE id = ?", [(key,) for key in ids])
''',
    "src/storage/tdg_work_token.py": '''\
"""Ends what runs in a helper thread: asked for between two steps, and by closing what it waits in.

Thread: any.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator

import tdg_core_errors

CloudError = tdg_core_errors.CloudError


class Token:
    """Given to a piece of work; whoever holds it can cancel the work from any thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._lock = threading.Lock()
        self._closers: list[Callable[[], None]] = []

    @property
    def cancelled(self) -> bool:
        """Whether `cancel` was called."""
        return self._event.is_set()

    def cancel(self) -> None:
        """Ends the work: what it waits in is closed at once. Idempotent."""
        with self._lock:
            self._event.set()
            closers = list(self._closers)
        for close in closers:
            close()

    def check(self) -> None:
        """To be called between two steps.

        Raises:
            CloudError: `cancelled`.
        """
        if self._event.is_set():
            raise CloudError("cancelled", "It was cancelled.")

    def sleep(self, seconds: float) -> None:
        """Waits; ends early when cancelled.

        Raises:
            CloudError: `cancelled`.
        """
        self._event.wait(seconds)
        self.check()

    @contextlib.contextmanager
    def closing(self, close: Callable[[], None]) -> Iterator[None]:
        """While inside, `cancel` calls `close` too.

        Raises:
            CloudError: `cancelled`, if it already is.
        """
        with self._lock:
            self.check()
            self._closers.append(close)
        try:
            yield
        finally:
            with self._lock:
                self._closers.remove(close)
''',
    "src/storage/tdg_work_transfer.py": '''\
"""What every transfer has while it runs: its orders, its gateway, patience with a bad network, a way to be ended.

Thread: worker only.
"""

import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import tdg_core_errors
import tdg_core_messages
import tdg_core_retry
import tdg_core_storage_settings
import tdg_work_token

CloudError = tdg_core_errors.CloudError

#: Progress is told at most that often, in seconds: ten times a second, with a little room for a late frame.
PROGRESS_INTERVAL_S = 0.11
#: Over how many seconds the speed is taken.
_SPEED_WINDOW_S = 2.0

#: Failures in a row without any progress that a transfer rides out by itself, and the waits between them.
_QUICK_TRIES = 5
_QUICK = tdg_core_retry.BreakerSettings(backoff_base=2.0, backoff_max_s=4.0)
_QUICK_UNIT_S = 0.125

#: Generations of own uploads that are remembered; an overwrite then needs no question first.
_MOST_KNOWN = 10_000


@dataclass(frozen=True)
class Surroundings:
    """What a run takes from outside itself, so that tests can replace it."""

    clock: Callable[[], float] = time.monotonic
    random: Callable[[], float] = random.random
    #: Generation by object name, of what this engine uploaded last.
    known: dict[str, int] = field(default_factory=dict)

    def remember(self, name: str, generation: int) -> None:
        """That object has this generation now; 0 when it is gone."""
        if len(self.known) >= _MOST_KNOWN:
            self.known.clear()
        self.known[name] = generation


@dataclass(eq=False)
class Run:
    """One attempt at a transfer, in a helper thread.

    Attributes:
        gateway: The connection it was begun with; after a reconnect there is a new run.
        state: What the former run of the same transfer left, e.g. the address of an upload session. `save` replaces it.
        restored: Whether a former run of this transfer may have changed the bucket without our hearing of it.
        streams: How many connections it may use at once.
        settings: The parameters at the time it began.
    """

    id: str
    remote_path: str
    local_path: str
    options: dict[str, Any]
    gateway: Any
    settings: tdg_core_storage_settings.StorageSettings
    state: dict[str, Any]
    restored: bool
    streams: int
    #: (bytes done, bytes total, bytes per second)
    tell: Callable[[int, int, float], None]
    keep: Callable[[dict[str, Any]], None]
    #: Sends an event of the transfer's own (a page of a listing).
    emit: Callable[[tdg_core_messages.Message], None]
    around: Surroundings = field(default_factory=Surroundings)
    token: tdg_work_token.Token = field(default_factory=tdg_work_token.Token)
    #: Raised by one for each page of a listing that the main thread has taken.
    pages: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def __post_init__(self) -> None:
        self._told_at = float("-inf")
        self._samples: list[tuple[float, int]] = []
        self._telling = threading.Lock()

    def progress(self, done: int, total: int) -> None:
        """So many bytes are through; may be called as often as one likes, from any of the run's threads."""
        now = self.around.clock()
        with self._telling:
            if now - self._told_at < PROGRESS_INTERVAL_S:
                return
            self._told_at = now
            self._samples.append((now, done))
            while len(self._samples) > 2 and now - self._samples[1][0] >= _SPEED_WINDOW_S:
                del self._samples[0]
            since, first = self._samples[0]
        self.tell(done, total, max(0, done - first) / (now - since) if now > since else 0.0)

    def save(self, state: dict[str, Any]) -> None:
        """Replaces what the next run of this transfer finds in its `state`."""
        self.state = state
        self.keep(state)

    def tries(self) -> "Tries":
        """A fresh count of failures in a row."""
        return Tries(self)


class Tries:
    """Rides out failures that pass by themselves; what makes progress may go on for ever."""

    def __init__(self, run: Run) -> None:
        self._run = run
        self._failures = 0

    def progressed(self) -> None:
        """Something got through: the next failure is the first again."""
        self._failures = 0

    def failed(self, error: CloudError) -> None:
        """Waits before another attempt, or raises the error if there should be none from here."""
        self._failures += 1
        self._run.token.check()
        retried = error.todo == tdg_core_errors.RETRY and error.code != "checksum"
        if not retried or self._failures >= _QUICK_TRIES or self._run.gateway.closed:
            raise error
        wait_s = _QUICK_UNIT_S * tdg_core_retry.backoff_s(self._failures, _QUICK)
        wait_s = tdg_core_retry.jittered(wait_s, self._run.around.random())
        self._run.token.sleep(max(wait_s, error.retry_after_s))

    def until_done(self, step: Callable[[], Any]) -> Any:
        """Calls `step` until it succeeds; only for what may safely be repeated."""
        while True:
            try:
                result = step()
            except CloudError as error:
                self.failed(error)
            else:
                self.progressed()
                return result
''',
    "src/storage/tdg_work_upload.py": '''\
"""Brings one local file into the bucket: checked, repeatable, taken up again after a break.

Thread: worker only.

A small file goes in one request, a larger one through a session that the server keeps for a week. Either way the
request names the generation it replaces. So when an answer got lost, a second attempt that the server refuses can be
told from a foreign write: if the object there has our content, the first attempt had arrived.
"""

import contextlib
from collections.abc import Iterator
from typing import Any, BinaryIO

import tdg_core_crc32c
import tdg_core_errors
import tdg_core_objects
import tdg_disk_files
import tdg_work_transfer

CloudError = tdg_core_errors.CloudError
Run = tdg_work_transfer.Run
Info = dict[str, Any]

#: Up to here a file goes in one request, which is repeated whole; above, a break costs at most what was in flight.
SMALL = 8 << 20
#: What a session takes in one request. A round trip each, so a slow line hardly notices them.
PART = 32 << 20
#: https://cloud.google.com/storage/docs/performing-resumable-uploads: all parts but the last are multiples of this.
GRANULE = 256 << 10
#: Below that a wrong guess (the name is new) costs less than asking first.
_GUESS = 256 << 10
#: After these a session is of no use any more; after all others it is continued.
_SESSION_ENDS = frozenset({"not_found", "precondition", "checksum", "invalid"})
#: How often a file may change under our hands, an object under another writer's, a session expire.
_MOST_ROUNDS = 5


def upload(run: Run) -> Info:
    """Uploads the run's local file and returns `{"metadata": ...}` of the new object.

    The object is replaced whatever it was. `progress` tells bytes of the file.

    Raises:
        CloudError: Among others `local` when the file is missing or does not stop changing.
    """
    for _ in range(_MOST_ROUNDS):
        file, before = tdg_disk_files.open_to_read(run.local_path)
        with file:
            info = _Upload(run, file, before).upload()
        if tdg_disk_files.fingerprint(run.local_path) == before:
            run.around.remember(run.remote_path, info["generation"])
            run.progress(before.size, before.size)
            return {"metadata": info, "size": before.size}
    raise CloudError("local", f"{run.local_path} kept changing while it was uploaded; upload it when it is finished.")


class _Upload:
    """The upload of a file as it is now."""

    def __init__(self, run: Run, file: BinaryIO, fingerprint: tdg_disk_files.Fingerprint) -> None:
        self._run = run
        self._file = file
        self._print = fingerprint
        self._tries = run.tries()
        self._crc: int | None = None
        content_type = run.options.get("content_type") or tdg_core_objects.content_type(run.remote_path)
        self._meta = tdg_core_objects.resource(content_type, run.options)
        self._public = bool(run.options.get("make_public"))
        # Checksums of the beginning up to each part, so that going back does not mean reading all of it again.
        self._crc_at = {0: 0}

    def upload(self) -> Info:
        """Sends it until the bucket has it."""
        run, size = self._run, self._print.size
        send = self._send_small if size <= SMALL else self._send_large
        # A queue left by a former run may hold an upload that had arrived: then there is nothing to do.
        replaces = None if run.restored else run.around.known.get(run.remote_path, 0 if size <= _GUESS else None)
        maybe_arrived = run.restored
        rounds = 0
        while True:
            try:
                if replaces is None:
                    there = run.gateway.stat(run.remote_path, run.token)
                    if there and maybe_arrived and self._is_ours(there):
                        return dict(there)
                    replaces = there["generation"] if there else 0
                return send(replaces)
            except CloudError as error:
                if error.code == "precondition" and rounds < _MOST_ROUNDS:
                    rounds += 1
                    replaces = None
                    run.save({})
                    continue
                maybe_arrived |= error.todo == tdg_core_errors.RETRY
                self._tries.failed(error)

    def _is_ours(self, info: Info) -> bool:
        """Whether an object is what this upload makes; who may read it is not known, so a public one never is."""
        meta = self._meta
        return (
            not self._public
            and info["size"] == self._print.size
            and info["content_type"] == meta["contentType"]
            and info["metadata"] == meta.get("metadata", {})
            and info["cache_control"] == meta.get("cacheControl", "")
            and info["crc32c"] == tdg_core_crc32c.to_text(self._whole_crc())
        )

    def _whole_crc(self) -> int:
        if self._crc is None:
            self._crc = self._crc_up_to(self._print.size)
        return self._crc

    def _crc_up_to(self, end: int) -> int:
        start = max(at for at in self._crc_at if at <= end)
        extend = self._run.gateway.extend_crc32c
        crc = tdg_disk_files.checksum(self._file, start, end - start, extend, self._crc_at[start])
        self._crc_at[end] = crc
        return crc

    def _send_small(self, replaces: int) -> Info:
        run, size = self._run, self._print.size
        meta = {**self._meta, "crc32c": tdg_core_crc32c.to_text(self._whole_crc())}
        content = self._body(0, size)
        info: Info = run.gateway.insert(run.remote_path, meta, content, replaces, run.token, public=self._public)
        return self._checked(info)

    def _send_large(self, replaces: int) -> Info:
        run = self._run
        for _ in range(_MOST_ROUNDS):
            session, held = self._session(replaces)
            try:
                return self._checked(held if isinstance(held, dict) else self._send_parts(session, held))
            except CloudError as error:
                if error.code in _SESSION_ENDS:
                    run.save({})
                if error.code != "not_found":  # that says that the session has expired: start over
                    raise
        raise CloudError("unavailable", f"The server gave up the upload of {run.remote_path} again and again.")

    def _session(self, replaces: int) -> tuple[str, int | Info]:
        """The session to continue, with what it holds, or a new one."""
        run, size = self._run, self._print.size
        left = run.state
        ours = left.get("bucket") == run.gateway.target and left.get("print") == [size, self._print.mtime_ns]
        if left.get("session") and ours:
            session = str(left["session"])
            try:
                held = self._tries.until_done(lambda: run.gateway.offset(session, run.remote_path, size, run.token))
            except CloudError as error:
                if error.code != "not_found":
                    raise
            else:
                return session, held
        session = run.gateway.begin(run.remote_path, self._meta, size, replaces, run.token, public=self._public)
        run.save({"session": session, "bucket": run.gateway.target, "print": [size, self._print.mtime_ns]})
        return session, 0

    def _send_parts(self, session: str, held: int) -> Info:
        run, size = self._run, self._print.size
        while True:
            # The server keeps whole granules; one that says otherwise is asked to take the rest of it again.
            start = held - held % GRANULE
            length = min(PART, size - start)
            last = start + length == size
            self._crc_up_to(start)
            crc = tdg_core_crc32c.to_text(self._whole_crc()) if last else ""
            part = self._body(start, length)
            try:
                answer = run.gateway.send(session, run.remote_path, part, start, size, run.token, crc)
            except CloudError as error:
                self._tries.failed(error)
                answer = self._tries.until_done(lambda: run.gateway.offset(session, run.remote_path, size, run.token))
            if isinstance(answer, dict):
                return answer
            if answer > start:
                self._tries.progressed()
            held = answer

    def _body(self, start: int, length: int) -> Any:
        """A part of the file on its way, its checksum taken as it passes."""
        run, size = self._run, self._print.size

        def blocks() -> Iterator[bytes]:
            done, crc = start, self._crc_at[start]
            for block in tdg_disk_files.blocks(self._file, start, length):
                run.token.check()
                crc = run.gateway.extend_crc32c(crc, block)
                yield block
                done += len(block)
                run.progress(done, size)
            self._crc_at[start + length] = crc

        return run.gateway.body(length, blocks)

    def _checked(self, info: Info) -> Info:
        """The server's checksum must be ours; an object that is damaged all the same does not stay."""
        run = self._run
        if info["size"] == self._print.size and info["crc32c"] == tdg_core_crc32c.to_text(self._whole_crc()):
            return info
        run.save({})
        with contextlib.suppress(CloudError):
            self._tries.until_done(lambda: run.gateway.delete(run.remote_path, info["generation"], run.token))
        raise CloudError("checksum", f"{run.remote_path} arrived damaged (its checksum differs) and was removed again.")
''',
}


def install(parent: Any = None) -> list[Any]:
    """Make the components, or bring those that are there to this version.

    Args:
        parent: The COMP to make them in; the one that holds this DAT if not given.

    Returns:
        The components.
    """
    dat = _dat()
    made = []
    for number, name in enumerate(DESCRIPTIONS, 1):
        comp = _make(parent or dat.parent(), name)
        if (comp.nodeX, comp.nodeY) == (0, 0):
            comp.nodeX, comp.nodeY = dat.nodeX + 200 * number, dat.nodeY
        made.append(comp)
    return made


def save(folder: str) -> list[str]:
    """Save fresh copies of the components as `.tox` files; those in the network stay as they are.

    Args:
        folder: Where to; made if it is missing. A relative one is below the project folder.

    Returns:
        The paths of the files.
    """
    paths = []
    for name in DESCRIPTIONS:
        holder = getattr(td.op, name, None)
        room = _dat().parent().create(td.baseCOMP, "saving")
        try:
            room.allowCooking = False  # what is saved has never run
            comp = _make(room, name)
            comp.par.opshortcut = name
            paths.append(comp.save(f"{folder}/{name}.tox", createFolders=True))
        finally:
            room.destroy()
        if holder is not None and not holder.par.opshortcut.eval():
            holder.par.opshortcut = name  # the copy took it away
    return paths


def _make(parent: Any, name: str) -> Any:
    comp = parent.op(name) or parent.create(td.baseCOMP, name)
    assembler = f"{MODULES}/{ASSEMBLER}"
    if comp.OPType != "baseCOMP" or (comp.children and comp.op(assembler) is None):
        raise RuntimeError(f"{comp.path} is something of your own. Rename it, then run this script again.")
    texts = {path: SOURCES[source] for path, source in TEXTS[name].items()}
    # The assembler comes first: it makes everything else.
    _ensure(comp, "local", td.baseCOMP)
    _ensure(comp, MODULES, td.baseCOMP)
    for path, text in texts.items():
        if path.startswith(assembler):
            dat = _ensure(comp, path, td.textDAT)
            if dat.text != text:
                dat.text = text
    comp.op(assembler).module.install(comp, DESCRIPTIONS[name], texts)
    return comp


def _ensure(comp: Any, path: str, kind: Any) -> Any:
    parent, _, name = path.rpartition("/")
    return comp.op(path) or (comp.op(parent) if parent else comp).create(kind, name)


def _dat() -> Any:
    if "me" not in globals():
        raise RuntimeError("Put this script into a Text DAT and run it there: it makes the components beside that DAT.")
    return me  # noqa: F821 - annotated above, put there by TouchDesigner


if "install" in globals():
    install()
else:
    # Run in a way that keeps the functions of this script from seeing each other; as a module it is whole.
    me.module.install()  # noqa: F821
