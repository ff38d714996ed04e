print("falsetto")
